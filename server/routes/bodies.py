"""Bodies of the server's own paths, which are no objects of the API."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from apimachinery import errors

M = TypeVar("M", bound="Body")


class Body(BaseModel):
    """What a request says; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def parse(model: type[M], body: bytes) -> M:
    """The body as the model; an empty one is an empty object. BadRequest names the first thing that is wrong."""
    try:
        return model.model_validate_json(body or b"{}")
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(str(p) for p in problem["loc"])
        raise errors.BadRequest(f"{where}: {problem['msg']}" if where else str(problem["msg"])) from None
