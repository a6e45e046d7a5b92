"""Bodies into typed objects as kube-apiserver decodes them. Models apimachinery/pkg/runtime/serializer/json."""

from __future__ import annotations

from functools import cache
from typing import Any, Final, NamedTuple, Self

from apimachinery import schema, serializer
from apimachinery.decode import reader, unstructured, yaml_body
from apimachinery.decode.diagnose import Diagnosis, diagnose, duplicates, word
from apimachinery.decode.order import go_ordered
from apimachinery.decode.plan import Findings, Mismatch, Plans
from apimachinery.objects import Object, View

SUMMARY_LENGTH: Final = 30
_TYPE_META: Final = (
    r'struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }'
)


class DecodeError(ValueError):
    """A body that cannot be decoded; the message is Go's, without what the request handler adds."""


class Decoded(NamedTuple):
    """An object in its served form, and what strict decoding has against it."""

    object: Object
    problems: tuple[str, ...]


class Body:
    """A request body, parsed once: `value` is the last JSON value a Go decoder would see; change it only through a
    Codec."""

    __slots__ = ("_duplicates", "is_yaml", "raw", "value")

    def __init__(self, raw: bytes, value: Any, *, is_yaml: bool) -> None:
        self.raw = raw
        self.value = value
        self.is_yaml = is_yaml
        self._duplicates: bool | None = None

    @classmethod
    def parse(cls, raw: bytes, *, is_yaml: bool = False) -> Body:
        """Parse JSON or YAML; raises DecodeError."""
        if is_yaml:
            try:
                return cls(raw, yaml_body.read(raw), is_yaml=True)
            except ValueError as e:
                raise DecodeError(str(e)) from None
        try:
            value = serializer.loads(raw)
        except serializer.JSONDecodeError:
            try:
                value = reader.plain(reader.read(raw))
            except reader.SyntaxFault as e:
                raise DecodeError(f"couldn't get version/kind; json parse error: {e}") from None
        return cls(raw, value, is_yaml=False)

    def type_meta(self) -> tuple[str, str]:
        """apiVersion and kind, empty when absent; raises DecodeError for a body that cannot have them."""
        prefix = "couldn't get version/kind; json parse error: json: cannot unmarshal "
        if self.value is None:
            return "", ""
        if not isinstance(self.value, dict):
            raise DecodeError(f"{prefix}{word(self.value)} into Go value of type {_TYPE_META}")
        found = []
        for name in ("apiVersion", "kind"):
            text = self.value.get(name)
            if text is not None and not isinstance(text, str):
                raise DecodeError(f"{prefix}{word(text)} into Go struct field .{name} of type string")
            found.append(text or "")
        return found[0], found[1]

    def duplicates(self) -> tuple[str, ...]:
        """The fields that the document sets twice, for bodies without a type."""
        if self.is_yaml:
            problem = yaml_body.duplicates(self.raw)
            return (problem,) if problem else ()
        return duplicates(reader.read(self.raw)) if self.has_duplicates() else ()

    def has_duplicates(self) -> bool:
        """Whether any object of the document sets a key twice; ask before the value is changed."""
        if self._duplicates is None:
            self._duplicates = (
                bool(yaml_body.duplicates(self.raw)) if self.is_yaml else reader.has_duplicates(self.raw, self.value)
            )
        return self._duplicates

    def tree(self) -> Any:
        """The document with duplicates and number texts where its format allows it."""
        if self.is_yaml:
            return yaml_body.read(self.raw)
        return reader.read(self.raw)


class Codec:
    """Decoding into the built-in kinds of one Kubernetes release; definitions are named as in OpenAPI."""

    def __init__(self, definitions: schema.Definitions) -> None:
        self.definitions = definitions
        self.plans = Plans(definitions)
        self.stored_plans = Plans(definitions, stored=True)
        self._formed: dict[str, tuple[Object, bytes]] = {}
        """The parts of what was patched last, with the text that they had when they were in their served form."""

    def decode(self, body: Body, definition: str, *, strict: bool = False) -> Decoded:
        """The object of a body, whose value it takes over; `strict` also tells unknown and duplicate fields.

        Raises DecodeError.
        """
        duplicated = strict and body.has_duplicates()
        findings = Findings()
        try:
            obj = self.plans.struct(definition).apply(body.value if body.value is not None else {}, findings)
        except Mismatch:
            raise DecodeError(self._judge(body, definition).error or "cannot be decoded") from None
        if strict and (findings.unknown or duplicated):
            return Decoded(obj, self._judge(body, definition).problems)
        return Decoded(obj, ())

    def convert(self, obj: Object, definition: str, *, strict: bool = False) -> Decoded:
        """As decode, for a value of your own that was JSON once, such as a patched object; changes it in place.

        Raises DecodeError.
        """
        return self.decode(Body(serializer.dumps(obj), obj, is_yaml=False), definition, strict=strict)

    def from_unstructured(
        self, obj: Object, definition: str, *, strict: bool = False, served: View | None = None
    ) -> Decoded:
        """As convert, with the errors and the problem order that strategic merge patches give; changes it in place.

        What is the same in `served`, the object before the patch, needs no decoding. Raises DecodeError.
        """
        findings = Findings()
        before = serializer.dumps(obj)
        same = _Same.take(obj, served) if served is not None else None
        try:
            self.plans.struct(definition).apply(obj, findings)
            if same is not None:
                obj = same.around(obj, definition)
                self._formed = {} if findings.empties else same.formed(obj)
        except Mismatch:
            obj = serializer.loads(before)
            try:
                unstructured.unknown_fields(obj, self.definitions, definition)
                self.plans.struct(definition).apply(obj, findings)
            except unstructured.ConversionError as e:
                raise DecodeError(str(e)) from None
            except Mismatch:
                raise DecodeError(self.judge(obj, definition).error or "cannot be decoded") from None
        if strict and findings.unknown:
            problems = unstructured.unknown_fields(serializer.loads(before), self.definitions, definition)
            return Decoded(obj, problems)
        return Decoded(obj, ())

    def roundtrip(self, obj: Object, definition: str) -> Object:
        """Bring an object to the form it is served in, in place; raises DecodeError."""
        return self._through(self.plans, obj, definition)

    def as_stored(self, obj: Object, stored: View | None, definition: str) -> Object:
        """The object as it is read back from storage, in the order of Go's fields; takes its argument over.

        A round trip, in which most kinds, being stored as protobuf, lose empty lists: where Go always writes the list,
        it is null. What is the same in `stored`, the object's present state, has that form, and so has what a patch
        was just decoded into. Raises DecodeError.
        """
        if stored is None:
            return go_ordered(self._through(self.stored_plans, obj, definition), definition)
        formed, self._formed = self._formed, {}
        done = {n: part for n, (part, text) in formed.items() if obj.get(n) is part and serializer.dumps(part) == text}
        for name in done:
            del obj[name]
        same = _Same.take(obj, stored)
        same.fields.update(done)
        return same.around(self._through(self.stored_plans, obj, definition), definition)

    def _through(self, plans: Plans, obj: Object, definition: str) -> Object:
        try:
            plans.struct(definition).apply(obj, Findings())
        except Mismatch:
            raise DecodeError(self.judge(obj, definition).error or "cannot be decoded") from None
        return obj

    def zero(self, definition: str) -> Object:
        """A new empty object of a definition, with the fields that Go always writes."""
        return self.plans.struct(definition).zero()

    def judge(self, obj: Any, definition: str) -> Diagnosis:
        """What is wrong with a JSON value of a definition, without changing it."""
        return diagnose(obj, self.definitions, definition)

    def _judge(self, body: Body, definition: str) -> Diagnosis:
        found = diagnose(body.tree(), self.definitions, definition)
        if body.is_yaml and found.error is None:
            problem = yaml_body.duplicates(body.raw)
            return Diagnosis(None, (problem, *found.problems)) if problem else found
        return found


class _Same:
    """What an object has in common with another to the letter, taken out of it for a while: two levels deep."""

    __slots__ = ("fields", "parts")

    def __init__(self, fields: Object, parts: dict[str, Object]) -> None:
        self.fields = fields
        self.parts = parts

    @classmethod
    def take(cls, obj: Object, other: View) -> Self:
        """Take it out of the object."""
        fields: Object = {}
        parts: dict[str, Object] = {}
        for name in obj.keys() & other:
            mine, theirs = obj[name], other[name]
            if _alike(mine, theirs):
                fields[name] = obj.pop(name)
            elif type(mine) is dict and type(theirs) is dict:
                found = {key: value for key, value in mine.items() if key in theirs and _alike(value, theirs[key])}
                if found:
                    parts[name] = found
                    mine.update(dict.fromkeys(found))
        return cls(fields, parts)

    def around(self, obj: Object, definition: str) -> Object:
        """Put it back and return the object in Go's order."""
        obj.update(dict.fromkeys(self.fields))
        for name, part in self.parts.items():
            holder = obj.get(name) or {}
            holder.update(dict.fromkeys(part))
            obj[name] = holder
        obj = go_ordered(obj, definition)
        obj.update(self.fields)
        for name, part in self.parts.items():
            obj[name].update(part)
        return obj

    def formed(self, obj: Object) -> dict[str, tuple[Object, bytes]]:
        """The parts that are not the same, with their text."""
        return {
            name: (part, serializer.dumps(part))
            for name, part in obj.items()
            if type(part) is dict and name not in self.fields
        }


def _alike(mine: Any, theirs: Any) -> bool:
    """Whether two values are the same JSON text."""
    if mine is theirs:
        return True
    if type(mine) is not type(theirs):
        return False
    if type(mine) is str:
        return bool(mine == theirs)
    if type(mine) is dict and len(mine) != len(theirs):
        return False
    return serializer.dumps(mine) == serializer.dumps(theirs)


@cache
def codec(version: str = schema.DEFAULT_VERSION) -> Codec:
    """The codec of a Kubernetes version such as `1.36`; raises ValueError for one that is not shipped."""
    return Codec(schema.definitions(version))


def strict_error(problems: tuple[str, ...]) -> str:
    """`strict decoding error: a, b`."""
    return f"strict decoding error: {', '.join(problems)}"


def unrecognized(kind: str, error: object, raw: bytes) -> str:
    """The message for a body whose kind cannot be told, with a summary of it."""
    return f"the object provided is unrecognized (must be of type {kind}): {error} ({_summary(raw)})"


def not_handled(given_kind: str, given_version: str, kind: str, error: object) -> str:
    """The message for a body of a known kind that does not decode into the wanted one."""
    return f'{given_kind} in version "{given_version}" cannot be handled as a {kind}: {error}'


def _summary(raw: bytes) -> str:
    if not raw:
        return "<empty>"
    cut = raw[:SUMMARY_LENGTH]
    text = cut.decode(errors="replace") if raw[:1] == b"{" else cut.hex()
    return f"{text} ..." if len(raw) > SUMMARY_LENGTH else text
