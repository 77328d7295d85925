"""What a company says of its touchpoints: the parts that catalogue and map documents share."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import uuid4

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from travesia.locale.text import NOTHING, Text

Origin = Literal["human", "import", "mined"]
Status = Literal["draft", "active", "retired"]
Kind = Literal["human", "communication", "physical", "sensory", "digital"]
Control = Literal["owned", "partner", "customer", "social"]
OneToFive = Annotated[float, Field(ge=1, le=5)]


class Value(BaseModel):
    """A value of a document: frozen, and strict about names so that a misspelling is found."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Owner(Value):
    """The department and the person who answer for something. A string is read as the person."""

    department: Text = NOTHING
    person: str = ""

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, given: Any) -> Any:
        return {"person": given} if isinstance(given, str) else given


NOBODY = Owner()


class Evidence(Value):
    """Why somebody believes something: words, a document, an interview, or a question's cell.

    Attributes:
        question: the name of a stored question of the map that holds the evidence.
        cell: the cell of its answer, as column -> value.
    """

    kind: Literal["question", "verbatim", "interview", "document", "link", "observation"]
    text: Text = NOTHING
    link: str = ""
    question: str = ""
    cell: dict[str, JsonValue] = Field(default_factory=dict)


class Part(Value):
    """What every part of a document has.

    Attributes:
        id: never changes once given; the key if there is one, else drawn at random.
        key: the readable name in addresses, files and code.
        evidence: what it rests on; a part without any is an assumption.
    """

    id: str = ""
    key: str = ""
    owner: Owner = NOBODY
    status: Status = "active"
    tags: tuple[str, ...] = ()
    origin: Origin = "human"
    evidence: tuple[Evidence, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _identified(cls, given: Any) -> Any:
        if not isinstance(given, dict) or given.get("id"):
            return given
        return {**given, "id": given.get("key") or uuid4().hex[:12]}

    @model_serializer(mode="wrap")
    def _short(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without_double_id(serialize(self))


def without_double_id(written: dict[str, Any]) -> dict[str, Any]:
    """A part as written: its id is left out where it is the key."""
    if written.get("id") and written["id"] == written.get("key"):
        del written["id"]
    return written


class Interaction(Value):
    """One thing that happens inside a touchpoint, and the result the company wants of it."""

    name: Text
    desired: Text = NOTHING


class Process(Value):
    """A process behind a touchpoint and the people who support it."""

    name: Text
    people: tuple[str, ...] = ()


class Importance(Value):
    """How much a touchpoint matters, 1 to 5, to the customer and to the business."""

    customer: OneToFive | None = None
    business: OneToFive | None = None


class Matcher(Value):
    """What the value of one column must be; of the ways given, all must hold.

    Attributes:
        equals: exactly this text.
        one_of: exactly one of these (`in` in files).
        glob: a shell pattern, `*`, `?` and `[a-z]`, of the whole text, case included.
        regex: a regular expression found anywhere in the text.
    """

    model_config = ConfigDict(populate_by_name=True)

    equals: str | None = None
    one_of: tuple[str, ...] | None = Field(default=None, alias="in")
    glob: str | None = None
    regex: str | None = None


class Touchpoint(Part):
    """A kind of contact, as the catalogue knows it.

    Attributes:
        kind: Brigman's four (human, communication, physical, sensory), or digital.
        category: marketing reach, sales interaction, customer-initiated conversation, feedback,
            or a category of one's own.
        stage, channel: keys of the catalogue's.
        direct: False when the company does not take part (a review, a friend's word).
        control: who decides what it says.
        initiator: who starts the contact.
        meets: whom the customer meets there.
        data: what it generates.
        optimal: the experience at its best.
        match: column -> matcher; `touchpoint` and `event` both name the touchpoint's own column.
            A touchpoint without one is recognised by its key or its names.
        audit: the score of its last audit, 0 to 100.
    """

    key: str
    name: Text = NOTHING
    kind: Kind | None = None
    category: str = ""
    stage: str = ""
    channel: str = ""
    direct: bool = True
    control: Control = "owned"
    initiator: Literal["company", "customer", "partner", "nobody"] | None = None
    meets: Text = NOTHING
    processes: tuple[Process, ...] = ()
    systems: tuple[str, ...] = ()
    interactions: tuple[Interaction, ...] = ()
    data: tuple[Text, ...] = ()
    optimal: Text = NOTHING
    advice: Text = NOTHING
    importance: Importance = Importance()
    match: dict[str, Matcher] = Field(default_factory=dict)
    audit: Annotated[float, Field(ge=0, le=100)] | None = None

    @property
    def label(self) -> Text:
        """The name, or the key where there is none."""
        return self.name or Text(any=self.key)
