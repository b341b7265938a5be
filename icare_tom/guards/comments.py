"""Comments: on targets one may use, seen by those who see the target."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import CharField, QuerySet
from django.db.models.functions import Cast
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_POST
from django.views.generic.edit import DeleteView
from django_comments.models import Comment
from django_comments.views.comments import post_comment as stock_post_comment
from tom_targets.models import Target

from icare_tom.guards.access import COMMENT, Visitor, one_or_404, usable_targets, visible_targets
from icare_tom.guards.mixins import SignedIn

TARGET_TYPE = "tom_targets.basetarget"


def visible_comments(user: Visitor) -> QuerySet[Comment]:
    """Comments on targets a user may see."""
    # object_pk is text, so that comments can hang on any kind of row.
    keys = visible_targets(user).annotate(key=Cast("pk", CharField())).values("key")
    on_targets = Comment.objects.for_model(Target).filter(is_public=True, is_removed=False)
    return on_targets.filter(object_pk__in=keys)


@require_POST
@login_required
def post_comment(request: HttpRequest) -> HttpResponseBase:
    """Comment a target one may use; other kinds of rows cannot be commented."""
    if request.POST.get("content_type") != TARGET_TYPE:
        raise Http404
    one_or_404(usable_targets(request.user, COMMENT), request.POST.get("object_pk"))
    return stock_post_comment(request)


@login_required
def comment_posted(request: HttpRequest) -> HttpResponse:
    """Where a comment without its own destination leads: to the target it is about."""
    comment = one_or_404(visible_comments(request.user), request.GET.get("c"))
    return redirect("targets:detail", pk=comment.object_pk)


class GuardedCommentDeleteView(SignedIn, DeleteView):
    """Delete one's own comment; administrators delete any."""

    template_name = "django_comments/comment_confirm_delete.html"

    def get_queryset(self) -> QuerySet[Comment]:
        """Visible comments of one's own."""
        comments = visible_comments(self.request.user)
        return comments if self.request.user.is_superuser else comments.filter(user=self.request.user)

    def get_success_url(self) -> Any:
        """Back to the target."""
        return self.object.content_object.get_absolute_url()
