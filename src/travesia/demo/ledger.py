"""What happened, written down column by column, and given as one table in order of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from travesia.demo.clock import Times
from travesia.demo.plan import PRODUCT_KEYS

Codes = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]

NONE = -1
"""Stands for "missing" in every column of codes and numbers of orders, tickets and texts."""

CHANNEL_OF: dict[str, str] = {
    "social_video": "social",
    "blog_article": "web",
    "organic_search": "search",
    "search_ad_click": "ads",
    "social_click": "social",
    "short_link_click": "short_link",
    "winback_mail_click": "mail",
    "newsletter_open": "mail",
    "newsletter_click": "mail",
    "site_visit": "web",
    "app_open": "app",
    "store_visit": "store",
    "advice_call": "phone",
    "presale_chat": "chat",
    "site_search": "web",
    "product_page": "web",
    "size_guide": "web",
    "reviews_read": "web",
    "wishlist": "web",
    "page_survey": "survey",
    "cart": "web",
    "cart_reminder_click": "mail",
    "checkout": "web",
    "payment_error": "web",
    "checkout_survey": "survey",
    "purchase": "web",
    "order_confirmation_mail": "mail",
    "dispatch_notice": "mail",
    "tracking_page": "web",
    "delivery_delay": "delivery",
    "delivery": "delivery",
    "delivery_survey": "survey",
    "care_guide_scan": "short_link",
    "support_call": "phone",
    "support_chat": "chat",
    "support_ticket": "help_desk",
    "support_reply": "help_desk",
    "ticket_solved": "help_desk",
    "csat_survey": "survey",
    "return_request": "web",
    "refund": "web",
    "ces_survey": "survey",
    "nps_survey": "survey",
    "review_written": "web",
    "care_mail": "mail",
    "care_mail_click": "mail",
    "friend_link": "short_link",
    "club_joined": "web",
}
"""Every touchpoint of Aurora and the channel on which it usually happens."""

EVENTS = tuple(CHANNEL_OF)
CHANNELS = tuple(dict.fromkeys(CHANNEL_OF.values()))
DEVICES = ("", "mobile", "desktop")
CAMPAIGNS = (
    "ES_search_boots",
    "ES_search_brand",
    "ES_search_sale",
    "route_videos",
    "winback",
    "newsletter",
    "cart_reminder",
    "care_series_1",
    "care_series_2",
    "care_series_3",
    "club_card_qr",
)

_CHANNEL_OF_EVENT = np.array([CHANNELS.index(channel) for channel in CHANNEL_OF.values()])
_CODED: dict[str, tuple[str, ...]] = {
    "event": EVENTS,
    "channel": CHANNELS,
    "device": DEVICES,
    "campaign": CAMPAIGNS,
    "product": PRODUCT_KEYS,
}
_NUMBERS = ("value", "score", "ad_cost")
SCALES: dict[str, tuple[int, int]] = {
    "page_survey": (1, 5),
    "checkout_survey": (1, 5),
    "delivery_survey": (1, 5),
    "csat_survey": (1, 5),
    "ces_survey": (1, 7),
    "nps_survey": (0, 10),
    "review_written": (1, 5),
}
"""Least and most of every score; `valence` is the score put on -2 to +2."""
_NAMED = {"order_id": "A-", "ticket_id": "T-"}

SCHEMA = pa.schema(
    [
        ("customer_id", pa.string()),
        ("event", pa.string()),
        ("time", pa.timestamp("us", "UTC")),
        ("order", pa.int64()),
        ("channel", pa.string()),
        ("device", pa.string()),
        ("value", pa.float64()),
        ("campaign", pa.string()),
        ("product", pa.string()),
        ("order_id", pa.string()),
        ("ticket_id", pa.string()),
        ("score", pa.float64()),
        ("valence", pa.float64()),
        ("ad_cost", pa.float64()),
        ("text", pa.string()),
    ]
)


def event_codes(names: Sequence[str]) -> Codes:
    """The codes of these touchpoints."""
    return np.array([EVENTS.index(name) for name in names], np.int64)


@dataclass(slots=True)
class Ledger:
    """Rows in the order in which they were caused, whatever their times."""

    _chunks: list[dict[str, npt.NDArray[np.generic]]] = field(default_factory=list)
    _texts: list[str] = field(default_factory=list)

    def add(
        self,
        event: str | Codes,
        customer: Codes,
        time: Times,
        *,
        channel: str | Codes | None = None,
        device: Codes | int = 0,
        campaign: str | Codes | None = None,
        texts: Sequence[str] | None = None,
        **columns: Codes | Numbers,
    ) -> None:
        """Write one row per customer.

        `channel` None (or `NONE`) is the event's usual one; `texts` may hold "" for nothing said.
        """
        size = len(customer)
        codes = np.full(size, EVENTS.index(event)) if isinstance(event, str) else event
        chunk: dict[str, npt.NDArray[np.generic]] = {"customer": customer, "time": time}
        chunk["event"] = codes
        chunk["device"] = np.broadcast_to(np.asarray(device), size)
        chunk["channel"] = _coded(channel, CHANNELS, size)
        chunk["campaign"] = _coded(campaign, CAMPAIGNS, size)
        chunk["text"] = self._kept(texts, size)
        self._chunks.append(chunk | columns)

    def table(self, customer_ids: pa.StringArray, until: int) -> pa.Table:
        """The rows before `until` in order of time, ties in the order of their causes."""
        time = self._codes("time")
        order = np.argsort(time, kind="stable")
        order = order[: np.searchsorted(time[order], until)]
        event = self._codes("event")[order]
        channel = self._codes("channel")[order]
        codes = {name: self._codes(name)[order] for name in ("device", "campaign", "product")}
        codes |= {
            "event": event,
            "channel": np.where(channel == NONE, _CHANNEL_OF_EVENT[event], channel),
        }
        columns = {name: _names(_CODED[name], code) for name, code in codes.items()}
        columns |= {name: _numbers(self._values(name)[order]) for name in _NUMBERS}
        columns["valence"] = _numbers(_valence(event, self._values("score")[order]))
        columns |= {
            name: _numbered(sign, self._codes(name)[order]) for name, sign in _NAMED.items()
        }
        columns["customer_id"] = customer_ids.take(pa.array(self._codes("customer")[order]))
        columns["time"] = (
            pa.array(time[order]).cast(pa.timestamp("us")).cast(SCHEMA.field("time").type)
        )
        columns["order"] = pa.array(np.arange(len(order)))
        columns["text"] = _names(self._texts, self._codes("text")[order])
        return pa.table([columns[name] for name in SCHEMA.names], schema=SCHEMA)

    def first_seen(self, customers: int) -> Times:
        """The moment of each customer's first event."""
        found = np.full(customers, np.iinfo(np.int64).max)
        customer = self._codes("customer")
        np.minimum.at(found, customer, self._codes("time"))
        return found

    def _kept(self, texts: Sequence[str] | None, size: int) -> Codes:
        at = np.full(size, NONE)
        for row, text in enumerate(texts or ()):
            if text:
                at[row] = len(self._texts)
                self._texts.append(text)
        return at

    def _codes(self, name: str) -> Codes:
        parts = [chunk.get(name, np.full(len(chunk["time"]), NONE)) for chunk in self._chunks]
        return np.concatenate(parts).astype(np.int64)

    def _values(self, name: str) -> Numbers:
        parts = [chunk.get(name, np.full(len(chunk["time"]), np.nan)) for chunk in self._chunks]
        return np.concatenate(parts).astype(np.float64)


def _coded(given: str | Codes | None, names: tuple[str, ...], size: int) -> Codes:
    if given is None:
        return np.full(size, NONE)
    return np.full(size, names.index(given)) if isinstance(given, str) else given


def _names(names: Sequence[str], codes: npt.NDArray[np.generic]) -> pa.Array:
    """The names of codes, null where `NONE`."""
    at = pa.array(codes, pa.int32(), mask=codes == NONE)
    return pa.DictionaryArray.from_arrays(at, pa.array(names, pa.string())).cast(pa.string())


def _numbered(sign: str, numbers: npt.NDArray[np.generic]) -> pa.Array:
    """Identifiers such as A-100023, null where `NONE`."""
    import pyarrow.compute as pc

    texts = pa.array(numbers, mask=numbers == NONE).cast(pa.string())
    return pc.binary_join_element_wise(sign, texts, "")


def _valence(event: Codes, score: Numbers) -> Numbers:
    """The scores on one scale from -2 to +2, the middle of their own being 0."""
    scales = np.array([SCALES.get(name, (np.nan, np.nan)) for name in EVENTS])
    low, high = scales[event].T
    found: Numbers = np.round((score - (low + high) / 2) * 4 / (high - low), 3)
    return found


def _numbers(values: npt.NDArray[np.generic]) -> pa.Array:
    return pa.array(values, mask=np.isnan(values))
