"""Guarded pages, mounted before TOM's own: the first match wins, and TOM's names still lead here.

Every page of TOM is either below or in the list of reviewed ones in `tests/strangers/`.
"""

from django.conf import settings
from django.urls import URLPattern, URLResolver, path
from django.views.generic import RedirectView

from icare_tom.guards import accounts, comments, dataproducts, dataservices, files, observations, target_lists, targets
from icare_tom.guards.mixins import closed

TARGETS: list[URLPattern | URLResolver] = [
    path("targets/", targets.GuardedTargetListView.as_view()),
    path("targets/create/", targets.GuardedTargetCreateView.as_view()),
    path("targets/import/", targets.GuardedTargetImportView.as_view()),
    path("targets/export/", targets.TargetExportView.as_view()),
    path("targets/name/<str:name>", targets.GuardedTargetNameSearchView.as_view()),
    path("targets/<int:pk>/", targets.GuardedTargetDetailView.as_view()),
    path("targets/<int:pk>/update/", targets.GuardedTargetUpdateView.as_view()),
    path("targets/<int:pk>/delete/", targets.GuardedTargetDeleteView.as_view()),
    path("targets/<int:pk>/observation-list/", targets.observation_table),
    path("targets/targetgrouping/", target_lists.GuardedGroupingView.as_view()),
    path("targets/targetgrouping/create/", target_lists.GuardedGroupingCreateView.as_view()),
    path("targets/targetgrouping/<int:pk>/delete/", target_lists.GuardedGroupingDeleteView.as_view()),
    path("targets/add-remove-grouping/", target_lists.AddRemoveGroupingView.as_view()),
    path("targets/merge/<int:pk1>/<int:pk2>", target_lists.GuardedMergeView.as_view()),
]

OBSERVATIONS: list[URLPattern | URLResolver] = [
    path("observations/add/", observations.GuardedAddExistingView.as_view()),
    path("observations/list/", observations.GuardedObservationListView.as_view()),
    path("observations/template/list/", observations.GuardedTemplateListView.as_view()),
    path("observations/template/<str:facility>/create/", observations.GuardedTemplateCreateView.as_view()),
    path("observations/template/<int:pk>/update/", observations.GuardedTemplateUpdateView.as_view()),
    path("observations/template/<int:pk>/delete/", observations.GuardedTemplateDeleteView.as_view()),
    path("observations/template/<int:pk>/", observations.GuardedTemplateUpdateView.as_view()),
    path("observations/groups/create/", observations.GuardedObservationGroupCreateView.as_view()),
    path("observations/groups/list/", observations.GuardedObservationGroupListView.as_view()),
    path("observations/groups/<int:pk>/delete/", observations.GuardedObservationGroupDeleteView.as_view()),
    path("observations/<str:facility>/create/", observations.GuardedObservationCreateView.as_view()),
    path("observations/<int:pk>/cancel/", observations.CancelObservationView.as_view()),
    path("observations/<int:pk>/update/", observations.GuardedObservationUpdateView.as_view()),
    path("observations/<int:pk>/", observations.GuardedObservationDetailView.as_view()),
    # TOM's map of facilities comes from another host; our telescope list says more.
    path("observations/status/", RedirectView.as_view(pattern_name="telescopes:list")),
]

DATA_PRODUCTS: list[URLPattern | URLResolver] = [
    path("dataproducts/data/", dataproducts.GuardedProductListView.as_view()),
    path("dataproducts/data/group/create/", dataproducts.GuardedProductGroupCreateView.as_view()),
    path("dataproducts/data/group/list/", dataproducts.GuardedProductGroupListView.as_view()),
    path("dataproducts/data/group/add/", dataproducts.GuardedProductGroupDataView.as_view()),
    path("dataproducts/data/group/<int:pk>/", dataproducts.GuardedProductGroupDetailView.as_view()),
    path("dataproducts/data/group/<int:pk>/delete/", dataproducts.GuardedProductGroupDeleteView.as_view()),
    path("dataproducts/data/upload/", dataproducts.GuardedUploadView.as_view()),
    path("dataproducts/data/<int:pk>/delete/", dataproducts.GuardedProductDeleteView.as_view()),
    path("dataproducts/data/<int:pk>/feature/", dataproducts.FeatureProductView.as_view()),
    path("dataproducts/<int:pk>/save/", dataproducts.GuardedSaveView.as_view()),
    path(f"{settings.MEDIA_URL.strip('/')}/<path:name>", files.serve_file, name="file"),
]

OTHERS: list[URLPattern | URLResolver] = [
    # People and groups have pages of their own; TOM's would let a name be deleted with its rows, and show keys.
    path("users/", RedirectView.as_view(pattern_name="members:groups")),
    path("users/profile/", RedirectView.as_view(pattern_name="members:profile")),
    path("users/create/", RedirectView.as_view(pattern_name="members:groups")),
    path("users/<int:pk>/update/", accounts.UserLeadView.as_view()),
    path("users/<int:pk>/approve/", accounts.ApprovalLeadView.as_view()),
    path("groups/create/", RedirectView.as_view(pattern_name="members:groups")),
    path("groups/<int:pk>/update/", RedirectView.as_view(pattern_name="members:group")),
    path("comments/post/", comments.post_comment),
    path("comments/posted/", comments.comment_posted),
    path("comment/<int:pk>/delete", comments.GuardedCommentDeleteView.as_view()),
    path("tom_dataservices/query/list/", dataservices.GuardedQueryListView.as_view()),
    path("tom_dataservices/query/create/", dataservices.GuardedQueryCreateView.as_view()),
    path("tom_dataservices/query/<int:pk>/update/", dataservices.GuardedQueryUpdateView.as_view()),
    path("tom_dataservices/query/<int:pk>/run/", dataservices.RunSavedQueryView.as_view()),
    path("tom_dataservices/query/run/", dataservices.RunNewQueryView.as_view()),
    path("tom_dataservices/query/<int:pk>/delete/", dataservices.GuardedQueryDeleteView.as_view()),
    path("tom_dataservices/query/create_targets/", dataservices.GuardedCreateTargetsView.as_view()),
    path("tom_dataservices/query/update_data/", dataservices.update_data),
]

# Functions this site does not offer, with the reason; docs/decisions has the whole story.
CLOSED: dict[str, str] = {
    "targets/seed/": "would fill the network's database with the Messier catalogue",
    "targets/<int:pk>/share/": "sharing with other TOMs is not configured",
    "targets/targetgrouping/<int:pk>/share/": "sharing with other TOMs is not configured",
    "targets/persistentshare/manage/": "sharing with other TOMs is not configured",
    "targets/persistentshare/manage/table": "sharing with other TOMs is not configured",
    "targets/persistentshare/": "sharing with other TOMs is not configured",
    "targets/persistentshare/<int:pk>/": "sharing with other TOMs is not configured",
    "targets/<int:target_pk>/persistentshare/manage/": "sharing with other TOMs is not configured",
    "targets/<int:target_pk>/persistentshare/manage/table": "sharing with other TOMs is not configured",
    "targets/<int:target_pk>/persistentshare/": "sharing with other TOMs is not configured",
    "dataproducts/data/<int:dp_pk>/share/": "sharing with other TOMs is not configured",
    "dataproducts/target/<int:tg_pk>/share/": "sharing with other TOMs is not configured",
    "targets/targetselection/": "minutes of CPU in one request; plans come from the planner",
    "observations/status/list/": "asks every facility inside one request",
    "observations/<str:facility>/redirect/": "no facility of ours redirects",
    "observations/callback/": "creates observations on GET",
    "dataproducts/data/reduced/update/": "fetches from other hosts on GET",
    "dataproducts/data/single_target_data_service/<str:service>/query/": "no such service is configured",
    "calendar/": "one calendar without permissions, built on inline scripts; shifts get their own pages",
    "calendar/<path:rest>": "see calendar/",
    "comments/flag/<int:comment_id>/": "moderation is done in the administration",
    "comments/flagged/": "moderation is done in the administration",
    "comments/delete/<int:comment_id>/": "moderation is done in the administration",
    "comments/deleted/": "moderation is done in the administration",
    "comments/approve/<int:comment_id>/": "moderation is done in the administration",
    "comments/approved/": "moderation is done in the administration",
    "comments/cr/<int:content_type>/<str:key>/": "tells whether any row of any kind exists",
    "users/<int:pk>/regenerate-token/": "tokens are made on one's profile, shown once and kept as a hash",
    "users/<int:pk>/changepassword/": "passwords are set in the administration, or by their owners",
    "users/<int:pk>/delete/": "accounts are closed in the administration; their owners delete them on their profile",
    "groups/<int:pk>/delete/": "groups are deleted in the administration",
    "api/token-auth/": "gives a token for a password alone, past the second factor and the login limits",
}

urlpatterns: list[URLPattern | URLResolver] = [
    *TARGETS,
    *OBSERVATIONS,
    *DATA_PRODUCTS,
    *OTHERS,
    *(path(route, closed) for route in CLOSED),
]
