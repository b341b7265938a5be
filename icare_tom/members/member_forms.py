"""Forms about people: deciding requests, inviting, roles, groups."""

from typing import Any

from django import forms
from django.contrib.auth.models import Group, User

from icare_tom.members.admission_models import MANAGE, GroupProfile
from icare_tom.members.rights import groups_where, holds_all, permissions_by_group
from icare_tom.members.roles import RIGHTS, ROLE_SENTENCES, Role, permissions_of


def roles_to_give(user: User, group: Group | None) -> list[tuple[str, str]]:
    """Return the roles somebody may give in a group, or in any of theirs when none is named."""
    if holds_all(user):
        return list(Role.choices)
    held = _held(user, group)
    return [(role.value, role.label) for role in Role if permissions_of(role) <= held]


def rights_to_give(user: User, group: Group | None) -> list[tuple[str, str]]:
    """Return the single rights somebody may give in a group; those that permit nothing yet are left out."""
    held = None if holds_all(user) else _held(user, group)
    return [(key, right.label) for key, right in RIGHTS.items() if held is None or right.permissions <= held]


def _held(user: User, group: Group | None) -> frozenset[str]:
    by_group = permissions_by_group(user)
    return by_group.get(group.pk, frozenset()) if group else frozenset().union(*by_group.values())


class RoleForm(forms.Form):
    """A role in a group, with single rights beside it and perhaps an end."""

    fields: dict[str, Any]
    role = forms.ChoiceField(choices=Role.choices, initial=Role.FULL)
    rights = forms.MultipleChoiceField(label="Also", required=False, choices=(), widget=forms.CheckboxSelectMultiple)
    until: Any = forms.DateTimeField(label="Until [UTC]", required=False, help_text="Empty: without an end.")

    def __init__(self, *args: Any, by: User, group: Group | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = roles_to_give(by, group)
        self.fields["rights"].choices = rights_to_give(by, group)
        given = set(self["rights"].value() or ())
        self.single = [(RIGHTS[key], key in given) for key, _ in self.fields["rights"].choices]
        self.sentences = [(Role(key).label, ROLE_SENTENCES[Role(key)]) for key, _ in self.fields["role"].choices]


class ApproveForm(RoleForm):
    """Let an applicant in."""

    group = forms.ModelChoiceField(queryset=Group.objects.none(), empty_label=None)
    until = None
    field_order = ["group", "role", "rights"]

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, by=by, **kwargs)
        self.fields["group"].queryset = groups_where(by, MANAGE).order_by("name")


class InviteForm(RoleForm):
    """Invite somebody into a group."""

    email = forms.EmailField(label="E-mail")
    note = forms.CharField(
        label="A word to them", required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )
    until = None
    field_order = ["email", "role", "rights", "note"]


class TextForm(forms.Form):
    """One text: a question, an answer, a reason."""

    text = forms.CharField(max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


class NewGroupForm(forms.Form):
    """A new group."""

    name = forms.CharField(max_length=150)
    description = forms.CharField(required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))

    def clean_name(self) -> str:
        """Refuse names that are taken, however they are written."""
        name = " ".join(self.cleaned_data["name"].split())
        if Group.objects.filter(name__iexact=name).exists():
            raise forms.ValidationError("There is a group with this name.")
        return name


class GroupProfileForm(forms.ModelForm[GroupProfile]):
    """What a group says of itself."""

    class Meta:
        model = GroupProfile
        fields = ["description", "is_public", "accepts_at_once"]
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}
        labels = {"is_public": "Shown to all members", "accepts_at_once": "Lets in who asks, to see only"}
