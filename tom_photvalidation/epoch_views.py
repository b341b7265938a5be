"""T0 of a target on its light-curve page: said, changed, and given back to the event."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from tom_photvalidation.actions.epochs import may_set_epoch, release_epoch, set_epoch
from tom_photvalidation.epoch_forms import form_of
from tom_photvalidation.exceptions import PhotometryError
from tom_photvalidation.models import TargetEpoch
from tom_photvalidation.target_part import OfTarget


class EpochView(OfTarget):
    """The form for T0; for those who may not change the target the light curve without it."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The form on a page of its own, for browsers without scripts and for links."""
        if not may_set_epoch(request.user, self.target):
            return redirect("photometry:target", pk)
        epoch = TargetEpoch.objects.filter(target=pk).first()
        return render(
            request,
            "tom_photvalidation/epoch.html",
            {"target": self.target, "epoch": epoch, "epoch_form": form_of(epoch)},
        )

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Set it, or with `release` forget what was set by hand."""
        epoch = TargetEpoch.objects.filter(target=pk).first()
        form = form_of(epoch, request.POST)
        try:
            if "release" in request.POST:
                release_epoch(self.target, by=request.user)
                messages.success(request, "T0 is no longer set by hand.")
                return redirect("photometry:target", pk)
            if form.is_valid():
                said = form.cleaned_data
                epoch = set_epoch(self.target, said["t0"], by=request.user, source=said["source"])
                messages.success(request, f"T0 is {epoch.t0:%Y-%m-%d %H:%M:%S} UTC. The points are checked again.")
                return redirect("photometry:target", pk)
        except PhotometryError as error:
            form.add_error(None, str(error))
        context = {"target": self.target, "epoch": epoch, "epoch_form": form}
        return render(request, "tom_photvalidation/epoch.html", context, status=400)
