"""Customers' keys: their hashes, their order, and where they stand."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from travesia.engines.blocks import frozen

Hashes = npt.NDArray[np.uint64]
Positions = npt.NDArray[np.int64]
Texts = tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]


def hash_keys(keys: pa.Array) -> Hashes:
    """The 64-bit hash of each key; a customer's partition is its top bits.

    Integers: splitmix64 of the value. Texts: FNV-1a (64 bits) of the UTF-8 bytes, then
    splitmix64's finaliser. The hash never changes between versions: stores rest on it.
    """
    from travesia.record import build_kernels

    hashes = np.empty(len(keys), np.uint64)
    if pa.types.is_integer(keys.type):
        build_kernels.hash_numbers(frozen(numbers(keys)), hashes)
    else:
        build_kernels.hash_texts(*texts(keys), hashes)
    return hashes


def texts(array: pa.Array) -> Texts:
    """The offsets and bytes of a string array without nulls; no bytes are copied."""
    array = array if pa.types.is_string(array.type) else array.cast(pa.string())
    _, offsets, data = array.buffers()
    if not len(array) or offsets is None:
        return np.zeros(len(array) + 1, np.int64), np.zeros(0, np.uint8)
    within = np.frombuffer(offsets, np.int32)[array.offset : array.offset + len(array) + 1]
    held: npt.NDArray[Any] = (
        np.zeros(0, np.uint8) if data is None else np.frombuffer(data, np.uint8)
    )
    return within.astype(np.int64), frozen(held)


def numbers(array: pa.Array) -> npt.NDArray[np.int64]:
    """The values of an integer array without nulls."""
    array = array if pa.types.is_int64(array.type) else array.cast(pa.int64())
    values: npt.NDArray[np.int64] = array.to_numpy()
    return values


def text_array(offsets: npt.NDArray[np.int64], data: npt.NDArray[np.uint8]) -> pa.StringArray:
    """The string array of these offsets and bytes."""
    return pa.StringArray.from_buffers(
        offsets.size - 1, pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(data)
    )


def key_order(hashes: Hashes, keys: pa.Array) -> Positions:
    """The positions that sort by (hash, key); texts compare by their bytes."""
    order = np.argsort(hashes, kind="stable")
    ranked = hashes[order]
    if bool((ranked[1:] == ranked[:-1]).any()):
        table = pa.table({"hash": hashes, "key": keys})
        by = [("hash", "ascending"), ("key", "ascending")]
        return np.asarray(pc.sort_indices(table, sort_keys=by).to_numpy(), np.int64)
    return order


def find_keys(hashes: Hashes, keys: pa.Array, wanted: Hashes, wanted_keys: pa.Array) -> Positions:
    """Where each wanted key stands among rows sorted by (hash, key), or -1: by binary search."""
    found = np.full(wanted.size, -1, np.int64)
    place = np.searchsorted(hashes, wanted, side="left")
    pending = np.flatnonzero(place < hashes.size)
    while pending.size:
        at = place[pending]
        pending, at = pending[hashes[at] == wanted[pending]], at[hashes[at] == wanted[pending]]
        same = pc.equal(keys.take(pa.array(at)), wanted_keys.take(pa.array(pending)))
        hit = np.asarray(same.to_numpy(zero_copy_only=False), np.bool_)
        found[pending[hit]] = at[hit]
        pending = pending[~hit]  # another key of the same hash: look at the next row
        place[pending] += 1
        pending = pending[place[pending] < hashes.size]
    return found


def union_keys(
    hashes: Hashes, keys: pa.Array, new: Hashes, new_keys: pa.Array
) -> tuple[Hashes, pa.Array, Positions, Positions]:
    """All keys of two lists sorted by (hash, key), each without repeats.

    Returns their hashes and keys, sorted, and where each stands in either list, or -1.
    """
    place = find_keys(hashes, keys, new, new_keys)
    extra = np.flatnonzero(place < 0)
    all_hashes = np.concatenate([hashes, new[extra]])
    all_keys = pa.concat_arrays([keys, new_keys.take(pa.array(extra))])
    in_old = np.full(all_hashes.size, -1, np.int64)
    in_old[: hashes.size] = np.arange(hashes.size)
    in_new = np.full(all_hashes.size, -1, np.int64)
    in_new[place[place >= 0]] = np.flatnonzero(place >= 0)
    in_new[hashes.size :] = extra
    order = key_order(all_hashes, all_keys)
    return all_hashes[order], all_keys.take(pa.array(order)), in_old[order], in_new[order]


def flat(values: npt.NDArray[Any], kind: pa.DataType) -> pa.Array:
    """An Arrow array over a numpy array's own memory, never null."""
    return pa.Array.from_buffers(kind, values.size, [None, pa.py_buffer(values)])
