"""Parts of event pages about other events and galaxies."""

from django.urls import path

from tom_gcn import joint_views
from tom_gcn import relation_views as views

app_name = "relations"

urlpatterns = [
    path("<str:name>/coincidences/", views.CoincidencesView.as_view(), name="coincidences"),
    path("<str:name>/coincidences/<int:pk>/fits", views.ProductView.as_view(), name="product"),
    path("<str:name>/joint/", joint_views.JointView.as_view(), name="joint"),
    path("<str:name>/joint.fits", joint_views.JointFitsView.as_view(), name="joint-fits"),
    path("<str:name>/galaxies/", views.GalaxiesView.as_view(), name="galaxies"),
    path("<str:name>/galaxies.csv", views.GalaxiesCsvView.as_view(), name="galaxies-csv"),
]
