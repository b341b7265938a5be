"""Where visitors leave for an OpenID Connect provider and come back: the addresses and names allauth has for them."""

from django.urls import path

from icare_tom.members.social.openid import views

urlpatterns = [
    path("oidc/<slug:provider_id>/login/", views.login, name="openid_connect_login"),
    path("oidc/<slug:provider_id>/login/callback/", views.callback, name="openid_connect_callback"),
]
