"""Pages of groups: the list, one's members and their roles, invitations, joining and leaving."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.generic import ListView, View

from icare_tom.members.admission import ask_to_join, decide_join, invite, revoke_invitation
from icare_tom.members.admission_models import MANAGE, GroupProfile, Invitation, JoinRequest, JoinState
from icare_tom.members.group_activity import latest_in
from icare_tom.members.member_forms import GroupProfileForm, InviteForm, NewGroupForm, RoleForm
from icare_tom.members.memberships import end_membership, make_group, set_membership
from icare_tom.members.models import Membership
from icare_tom.members.rights import holds_all, may_in, rights_in
from icare_tom.members.roles import RIGHTS
from icare_tom.members.who import person

PER_PAGE = 50


def visible_groups(user: User) -> QuerySet[Group]:
    """Return the groups somebody may know of: their own, those that show themselves; all for a super admin."""
    if holds_all(user):
        return Group.objects.all()
    mine = Exists(User.groups.through.objects.filter(group=OuterRef("pk"), user=user.pk))
    return Group.objects.filter(mine | Q(profile__is_public=True))


class GroupListView(LoginRequiredMixin, ListView[Group]):
    """Groups one may know of, one's own first."""

    template_name = "members/groups.html"
    paginate_by = PER_PAGE
    context_object_name = "groups"

    def post(self, request: HttpRequest) -> HttpResponse:
        """Make a group; its maker is its first admin. Super admins only."""
        if not holds_all(person(request)):
            raise Http404
        self.form = NewGroupForm(request.POST)
        if not self.form.is_valid():
            answer = self.get(request)
            answer.status_code = 400
            return answer
        group = make_group(**self.form.cleaned_data, by=person(request))
        messages.success(request, f"{group.name} is there. Invite people below.")
        return redirect("members:group", pk=group.pk)

    def get_queryset(self) -> QuerySet[Group]:
        """Groups by name, with how many are in them."""
        self.q = self.request.GET.get("q", "").strip()[:100]
        mine = Exists(Membership.objects.filter(group=OuterRef("pk"), user=person(self.request).pk))
        rows = visible_groups(person(self.request)).filter(name__icontains=self.q).select_related("profile")
        return rows.annotate(people=Count("memberships", distinct=True), is_mine=mine).order_by("-is_mine", "name")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add what I am in my groups, and what I asked for."""
        mine = Membership.objects.filter(user=person(self.request).pk)
        may_make = holds_all(person(self.request))
        waiting = JoinRequest.objects.filter(user=person(self.request).pk, state=JoinState.WAITING)
        return super().get_context_data(**kwargs) | {
            "q": self.q,
            "new_group_form": (getattr(self, "form", None) or NewGroupForm()) if may_make else None,
            "roles": {row.group_id: row.get_role_display() for row in mine},
            "waiting": set(waiting.values_list("group", flat=True)),
        }


class GroupView(LoginRequiredMixin, View):
    """One group: who is in it and as what; its admins change that here."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show it: whole to its members, name and description to others."""
        return self._page(request, get_object_or_404(visible_groups(person(request)), pk=pk))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Do one thing: join, leave, set a role, send away, invite, take back, decide, describe."""
        group = get_object_or_404(visible_groups(person(request)), pk=pk)
        do = getattr(self, f"_do_{request.POST.get('do', '')}", None)
        if do is None:
            raise Http404
        try:
            said = do(request, group)
        except (PermissionDenied, ValidationError) as refused:
            words = " ".join(refused.messages) if isinstance(refused, ValidationError) else str(refused)
            return self._page(request, group, status=400, error=words)
        messages.success(request, said)
        return (
            redirect("members:group", pk=pk)
            if visible_groups(person(request)).filter(pk=pk)
            else redirect("members:groups")
        )

    def _page(self, request: HttpRequest, group: Group, status: int = 200, error: str = "") -> HttpResponse:
        user = person(request)
        mine = Membership.objects.filter(user=user.pk, group=group).first()
        manages = may_in(user, MANAGE, group)
        context: dict[str, Any] = {"group": group, "mine": mine, "manages": manages, "error": error}
        context["profile"] = GroupProfile.objects.filter(group=group).first()
        if mine or manages:
            context |= self._inside(request, group)
            context["latest"] = latest_in(group, user)
        if manages:
            context |= self._managed(user, group, context["profile"])
        context["is_waiting"] = JoinRequest.objects.filter(user=user.pk, group=group, state=JoinState.WAITING).exists()
        return render(request, "members/group.html", context, status=status)

    def _inside(self, request: HttpRequest, group: Group) -> dict[str, Any]:
        q = request.GET.get("q", "").strip()[:100]
        rows = Membership.objects.filter(group=group).select_related("user").order_by("user__username")
        if q:
            rows = rows.filter(
                Q(user__username__icontains=q) | Q(user__first_name__icontains=q) | Q(user__last_name__icontains=q)
            )
        page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
        people = [(row, rights_in(row), _beside(row)) for row in page]
        return {"page": page, "q": q, "people": people}

    def _managed(self, user: Any, group: Group, profile: GroupProfile | None) -> dict[str, Any]:
        invitations = Invitation.objects.filter(group=group, used_at=None, revoked_at=None).select_related("made_by")
        return {
            "role_form": RoleForm(by=user, group=group),
            "invite_form": InviteForm(by=user, group=group),
            "profile_form": GroupProfileForm(instance=profile),
            "invitations": [row for row in invitations if row.is_open],
            "wishes": JoinRequest.objects.filter(group=group, state=JoinState.WAITING).select_related("user"),
        }

    def _person(self, request: HttpRequest, group: Group) -> User:
        key = request.POST.get("person", "")
        if not key.isdecimal():
            raise Http404
        return get_object_or_404(User.objects.filter(memberships__group=group), pk=key)

    def _do_join(self, request: HttpRequest, group: Group) -> str:
        wish = ask_to_join(person(request), group, request.POST.get("note", "")[:1000])
        return (
            f"You are in {group.name}."
            if wish.state == JoinState.ACCEPTED
            else f"The admins of {group.name} were told."
        )

    def _do_leave(self, request: HttpRequest, group: Group) -> str:
        end_membership(person(request), group, by=person(request))
        return f"You left {group.name}."

    def _do_role(self, request: HttpRequest, group: Group) -> str:
        whom, form = self._person(request, group), RoleForm(request.POST, by=person(request), group=group)
        wish = _cleaned(form)
        set_membership(whom, group, wish["role"], by=person(request), rights=wish["rights"], until=wish["until"])
        return f"{whom.username} is now: {dict(form.fields['role'].choices)[wish['role']]}."

    def _do_end(self, request: HttpRequest, group: Group) -> str:
        whom = self._person(request, group)
        end_membership(whom, group, by=person(request))
        return f"{whom.username} is no longer in {group.name}."

    def _do_invite(self, request: HttpRequest, group: Group) -> str:
        wish = _cleaned(InviteForm(request.POST, by=person(request), group=group))
        row, _ = invite(
            wish["email"], group, wish["role"], by=person(request), rights=wish["rights"], note=wish["note"]
        )
        return f"{row.email} was invited by mail."

    def _do_revoke(self, request: HttpRequest, group: Group) -> str:
        key = request.POST.get("invitation", "")
        rows = Invitation.objects.filter(group=group, pk=key if key.isdecimal() else 0)
        row = get_object_or_404(rows)
        revoke_invitation(row, by=person(request))
        return f"The invitation of {row.email} was taken back."

    def _do_decide(self, request: HttpRequest, group: Group) -> str:
        key = request.POST.get("wish", "")
        wish = get_object_or_404(JoinRequest, group=group, pk=key if key.isdecimal() else 0)
        accept = "accept" in request.POST
        decide_join(wish, accept=accept, by=person(request), reason=request.POST.get("reason", "")[:1000])
        return f"{wish.user.username} was {'let in' if accept else 'refused'}."

    def _do_describe(self, request: HttpRequest, group: Group) -> str:
        if not may_in(person(request), MANAGE, group):
            raise PermissionDenied(f"You may not manage {group.name}.")
        held = GroupProfile.objects.filter(group=group).first() or GroupProfile(group=group)
        form = GroupProfileForm(request.POST, instance=held)
        _cleaned(form)
        form.save()
        return f"{group.name} is described anew."


def _beside(membership: Membership) -> list[str]:
    """What somebody may do beside their role, in words."""
    return [RIGHTS[key].label.lower() for key in membership.rights if key in RIGHTS]


def _cleaned(form: Any) -> dict[str, Any]:
    """Return what a form holds, or raise what is wrong with it."""
    if not form.is_valid():
        raise ValidationError(
            [f"{form.fields[name].label or name}: {' '.join(words)}" for name, words in form.errors.items()]
        )
    cleaned: dict[str, Any] = form.cleaned_data
    return cleaned
