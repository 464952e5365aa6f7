"""Where people sign in: the document ``<stack>/sign-in``.

The template writes it for its Cognito user pool. Any other OpenID Connect provider works too: put
its issuer and client id there. ``client_secret`` is optional, because PKCE proves the client.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from mostik.admin.roles import Role
from mostik.errors import ConfigurationError

NAME = "sign-in"


class SignInSettings(BaseModel):
    """How people sign in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: str = Field(pattern=r"^https?://[^\s?#]+$")
    client_id: str = Field(min_length=1)
    client_secret: SecretStr | None = None
    scope: str = "openid email profile"
    roles_claim: str = "cognito:groups"
    roles: Mapping[str, Role] = {role.value: role for role in Role}
    public_url: str | None = Field(default=None, pattern=r"^https?://[^\s?#]+$")
    networks: tuple[str, ...] = ()

    @field_validator("issuer", "public_url")
    @classmethod
    def _without_slash(cls, value: str | None) -> str | None:
        return value.rstrip("/") if value is not None else None

    def role_of(self, groups: object) -> Role | None:
        """Returns the highest role of somebody's groups; ``None``: they may do nothing."""
        named = [groups] if isinstance(groups, str) else groups
        if not isinstance(named, list):
            return None
        found = [self.roles[group] for group in named if group in self.roles]
        return max(found, key=list(Role).index, default=None)


def read_sign_in(document: str | None) -> SignInSettings:
    """Reads the document.

    Raises:
        ConfigurationError: there is none, or it is wrong; names the fields, never a value.
    """
    if document is None:
        raise ConfigurationError("Nobody can sign in yet: the secret 'sign-in' is missing.")
    try:
        return SignInSettings.model_validate_json(document)
    except ValidationError as error:
        wrong = ", ".join(".".join(map(str, one["loc"])) or "document" for one in error.errors())
        raise ConfigurationError(f"The secret 'sign-in' is wrong: {wrong}.") from None
