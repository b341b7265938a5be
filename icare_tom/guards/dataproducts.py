"""Pages of data products: list, upload, deletion, featuring, groups."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.cache import cache
from django.core.cache.utils import make_template_fragment_key
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views import View
from django.views.generic.detail import DetailView
from django.views.generic.edit import DeleteView
from tom_dataproducts.models import REDUCED_DATUM_MODELS, DataProduct, DataProductGroup
from tom_dataproducts.views import (
    DataProductGroupCreateView,
    DataProductGroupDataView,
    DataProductGroupDeleteView,
    DataProductGroupListView,
    DataProductListView,
    DataProductSaveView,
    DataProductUploadView,
)

from icare_tom.guards.access import (
    ATTACH,
    changeable_observations,
    changeable_products,
    is_member,
    local_path,
    members_or_404,
    one_or_404,
    usable_targets,
    visible_products,
)
from icare_tom.guards.files import problem_with
from icare_tom.guards.mixins import MembersOnly, SignedIn
from icare_tom.guards.observations import facility_or_404


class GuardedProductListView(SignedIn, DataProductListView):
    """Data products of visible targets."""

    def get_queryset(self) -> QuerySet[DataProduct]:
        """Visible products with what the table shows."""
        rows = visible_products(self.request.user).select_related("target", "observation_record")
        return rows.prefetch_related("group").order_by("-created")

    def get_context_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Groups of products belong to the network."""
        context = super().get_context_data(*args, **kwargs)
        member = is_member(self.request.user)
        context["product_groups"] = DataProductGroup.objects.all() if member else DataProductGroup.objects.none()
        return context


class GuardedUploadView(SignedIn, DataProductUploadView):
    """Upload files for a target or observation one may use; TOM's page crashed on a plain GET."""

    http_method_names = ["post"]

    def get_form(self, *args: Any, **kwargs: Any) -> forms.Form:
        """TOM's form, limited to the user's targets and observations."""
        form = super().get_form(*args, **kwargs)
        form.fields["target"].queryset = usable_targets(self.request.user, ATTACH)
        form.fields["observation_record"].queryset = changeable_observations(self.request.user)
        return form

    def form_valid(self, form: forms.Form) -> HttpResponse:
        """Refuse what is too large or of an unknown kind; return to this site only."""
        back = self._back(form)
        if not (form.cleaned_data["target"] or form.cleaned_data["observation_record"]):
            raise Http404
        problems = filter(None, (problem_with(file) for file in self.request.FILES.getlist("files")))
        if problem := next(problems, ""):
            messages.error(self.request, problem)
            return redirect(back)
        form.cleaned_data["referrer"] = back
        return super().form_valid(form)

    def form_invalid(self, form: forms.Form) -> HttpResponse:
        """Say what is wrong and return to this site."""
        for field, errors in form.errors.items():
            messages.error(self.request, f"The file was not stored. {field}: {' '.join(map(str, errors))}")
        return redirect(self._back(form))

    def _back(self, form: forms.Form) -> str:
        return local_path(self.request, form.cleaned_data.get("referrer"))


class GuardedProductDeleteView(SignedIn, DeleteView):
    """Delete a product, its file and its reduced data: those who may change the target."""

    template_name = "tom_dataproducts/dataproduct_confirm_delete.html"

    def get_queryset(self) -> QuerySet[DataProduct]:
        """Products the user may delete."""
        return changeable_products(self.request.user)

    def get_success_url(self) -> str:
        """Back to where the user came from, on this site."""
        return local_path(self.request, self.request.GET.get("next"))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Where to return to."""
        referrer = self.request.headers.get("referer")
        return super().get_context_data(**kwargs) | {"next": local_path(self.request, referrer)}

    def form_valid(self, form: forms.Form) -> HttpResponse:
        """Delete the rows, then the file once the rows are really gone."""
        product, destination = self.object, self.get_success_url()
        storage, name = product.data.storage, product.data.name
        with transaction.atomic():
            for model in REDUCED_DATUM_MODELS:
                model.objects.filter(data_product=product).delete()
            product.delete()
            if name:
                transaction.on_commit(lambda: storage.delete(name))
        return redirect(destination)


class FeatureProductView(SignedIn, View):
    """Show a product on its target's page: by POST, by those who may change the target."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Feature this product instead of the one before."""
        product = one_or_404(changeable_products(request.user), pk)
        same_kind = DataProduct.objects.filter(target=product.target, data_product_type=product.data_product_type)
        with transaction.atomic():
            same_kind.filter(featured=True).update(featured=False)
            same_kind.filter(pk=product.pk).update(featured=True)
        cache.delete(make_template_fragment_key("featured_image", [str(product.target_id)]))
        return redirect("targets:detail", pk=product.target_id)


class GuardedSaveView(SignedIn, DataProductSaveView):
    """Fetch the data of an observation one may change."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Check the observation and its facility, then let TOM fetch."""
        record = one_or_404(changeable_observations(request.user), kwargs["pk"])
        if request.POST.get("facility") != record.facility:
            raise Http404
        facility_or_404(record.facility)
        return super().post(request, *args, **kwargs)


class GuardedProductGroupListView(MembersOnly, DataProductGroupListView):
    """Groups of products, for members."""


class GuardedProductGroupCreateView(MembersOnly, DataProductGroupCreateView):
    """A new group of products, for members who may upload."""

    needs = ATTACH


class GuardedProductGroupDeleteView(MembersOnly, DataProductGroupDeleteView):
    """Delete a group of products, for members who may upload; the products stay."""

    needs = ATTACH


class GuardedProductGroupDetailView(MembersOnly, DetailView):
    """The visible products of a group."""

    model = DataProductGroup
    template_name = "tom_dataproducts/dataproductgroup_detail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Products the user may see, bounded."""
        products = visible_products(self.request.user).filter(group=self.object)
        return super().get_context_data(**kwargs) | {"products": products[:500]}

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take products out of the group."""
        members_or_404(request.user, ATTACH)
        group = self.get_object()
        chosen = [key for key in request.POST.getlist("products") if key.isdecimal()]
        group.dataproduct_set.remove(*visible_products(request.user).filter(pk__in=chosen))
        return redirect("dataproducts:group-detail", pk=group.pk)


class GuardedProductGroupDataView(MembersOnly, DataProductGroupDataView):
    """Add visible products to a group."""

    needs = ATTACH

    def get_form(self, *args: Any, **kwargs: Any) -> forms.Form:
        """TOM's form, limited to what the user may see."""
        form = super().get_form(*args, **kwargs)
        form.fields["products"].queryset = visible_products(self.request.user)
        return form
