"""Pages about people: admission, groups, one's own profile."""

from django.urls import path

from icare_tom.members import admission_views, group_views, key_views, personal_views, profile_views

app_name = "members"

urlpatterns = [
    path("profile/", profile_views.ProfileView.as_view(), name="profile"),
    path("profile/data.zip", personal_views.PersonalDataView.as_view(), name="personal-data"),
    path("profile/delete/", personal_views.DeleteView.as_view(), name="delete"),
    path("admissions/", admission_views.AdmissionListView.as_view(), name="admissions"),
    path("admissions/<int:pk>/", admission_views.AdmissionView.as_view(), name="admission"),
    path("groups/", group_views.GroupListView.as_view(), name="groups"),
    path("groups/<int:pk>/", group_views.GroupView.as_view(), name="group"),
    path("confirm/<str:key>/", key_views.ConfirmView.as_view(), name="confirm"),
    path("answer/<str:key>/", key_views.AnswerView.as_view(), name="answer"),
    path("invitation/<str:key>/", key_views.InvitationView.as_view(), name="invitation"),
]
