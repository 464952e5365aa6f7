"""What template.yaml says of people who sign in."""

from __future__ import annotations

import re

from mostik.admin.roles import Role
from mostik.admin.signin.settings import read_sign_in
from tests.project.cloudformation import template


def test_people_sign_in_with_a_code_and_only_those_who_were_invited() -> None:
    client = template().properties("UserPoolClient")
    assert client["AllowedOAuthFlows"] == ["code"]
    assert client["CallbackURLs"] == [{"Fn::Sub": "${HttpApi.ApiEndpoint}/admin/callback"}]
    assert client["PreventUserExistenceErrors"] == "ENABLED"
    pool = template().properties("UserPool")
    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] >= 12


def test_the_user_pool_has_a_group_for_each_role_and_the_sign_in_names_the_pool() -> None:
    groups = template().of_type("AWS::Cognito::UserPoolGroup").values()
    assert {group["GroupName"] for group in groups} == set(Role)
    text = template().properties("SignIn")["SecretString"]["Fn::Sub"]
    settings = read_sign_in(re.sub(r"\$\{([\w:]+)\}", r"\1", text))
    assert settings.client_id == "UserPoolClient"
    assert settings.issuer.endswith("/UserPool")
