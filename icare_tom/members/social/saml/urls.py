"""Where visitors leave for their institution and come back: the addresses and names allauth has for them."""

from django.urls import path

from icare_tom.members.social.saml import views

urlpatterns = [
    path("saml/<slug:organization_slug>/login/", views.LoginView.as_view(), name="saml_login"),
    path("saml/<slug:organization_slug>/acs/", views.AcsView.as_view(), name="saml_acs"),
    path("saml/<slug:organization_slug>/acs/finish/", views.FinishAcsView.as_view(), name="saml_finish_acs"),
    path("saml/<slug:organization_slug>/metadata/", views.MetadataView.as_view(), name="saml_metadata"),
]
