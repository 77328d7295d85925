from dataclasses import dataclass


@dataclass(frozen=True)
class Truth:
    key: str


TRUTHS = ()


def truths_document(): ...
