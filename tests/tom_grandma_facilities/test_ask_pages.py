"""Pages on which telescopes are asked for a target: filled in, advised, asked; what is wrong is told where it is."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import make_group, make_user
from tests.tom_grandma_facilities.asking import asked, channel
from tom_grandma_facilities.ask_forms import fresh_lines
from tom_grandma_facilities.expected import Expected, tell_magnitudes_by
from tom_grandma_facilities.models import Allocation, FollowUpRequest

pytestmark = pytest.mark.django_db

NAMES = ("TAROT-TCA", "KAO")


@pytest.fixture(autouse=True)
def lines(ways):
    return [channel(name, "by-list") for name in NAMES]


@pytest.fixture
def asker(db):
    """A member in full, who may ask telescopes for the targets of the network."""
    return make_user("asker", make_group())


@pytest.fixture
def page(client, asker):
    client.force_login(asker)
    return client


@pytest.fixture
def bright():
    """Somebody knows that every target has 19.0 mag."""
    source = Expected(19.0, "r", datetime(2026, 11, 20, tzinfo=UTC), "Last accepted point, 2 h ago.")
    before = tell_magnitudes_by(lambda target, user: source)
    yield source
    tell_magnitudes_by(before)


def filled(ticked=NAMES, **changes):
    """The form of many telescopes as a browser sends it."""
    now = timezone.now()
    data = {
        "window_start": f"{now:%Y-%m-%dT%H:%M}",
        "window_end": f"{now + timedelta(hours=24):%Y-%m-%dT%H:%M}",
        "magnitude": "",
        "priority": "2",
        "note": "Hurry.",
        "telescopes": list(ticked),
    }
    for name in NAMES:
        data |= {f"{name}-filters": ["sdssr"], f"{name}-exposure": "60", f"{name}-count": "3"}
    return data | changes


class TestManyTelescopes:
    def address(self, target):
        return reverse("requests:ask", args=[target.pk])

    def test_those_that_can_observe_come_first_the_others_say_why(self, page, target):
        text = page.get(self.address(target)).content.decode()
        possible, _, impossible = text.partition("cannot, or cannot be asked")
        assert 'value="TAROT-TCA"' in possible
        assert 'value="CFHT"' in impossible
        assert "No way to ask it is set up" in impossible
        assert 'value="SNOVA"' not in text

    def test_exposures_come_from_the_expected_magnitude(self, page, target, bright):
        text = page.get(self.address(target)).content.decode()
        assert "19.0 mag r expected" in text
        assert bright.source in text
        (line,) = (line for line in fresh_lines(19.0) if line.telescope.name == "TAROT-TCA")
        assert int(line.count) > 1
        assert f'name="TAROT-TCA-count" value="{line.count}"' in text

    def test_the_window_begins_now_or_later(self, page, target):
        form = page.get(self.address(target)).context["form"]
        start, end = form.fields["window_start"].initial, form.fields["window_end"].initial
        assert timezone.now() - timedelta(minutes=2) < start < end <= timezone.now() + timedelta(days=1, minutes=2)

    def test_everybody_ticked_is_asked(self, page, asker, target):
        answer = page.post(self.address(target), filled())
        assert answer["Location"] == f"/targets/{target.pk}/#requests"
        rows = FollowUpRequest.objects.order_by("telescope")
        assert [row.telescope for row in rows] == ["KAO", "TAROT-TCA"]
        assert rows[0].exposures == [{"filter": "sdssr", "exposure_s": 60.0, "count": 3}]
        assert (rows[0].priority, rows[0].note, rows[0].created_by) == (2, "Hurry.", asker)
        assert rows[0].subject_url == f"/targets/{target.pk}/"

    def test_two_filters_are_two_lines_of_exposures(self, page, target):
        page.post(self.address(target), filled(["KAO"], **{"KAO-filters": ["sdssg", "sdssr"]}))
        assert [one["filter"] for one in FollowUpRequest.objects.get().exposures] == ["sdssg", "sdssr"]

    def test_who_could_not_be_asked_stays_ticked_with_the_reason(self, page, target):
        # Nobody has said how the third is asked.
        third = {"COLIBRI-filters": ["r"], "COLIBRI-exposure": "60", "COLIBRI-count": "1"}
        text = page.post(self.address(target), filled([*NAMES, "COLIBRI"], **third)).content.decode()
        assert {row.telescope for row in FollowUpRequest.objects.all()} == set(NAMES)
        assert 'value="COLIBRI" checked' in text
        assert 'value="KAO" checked' not in text
        assert "COLIBRI cannot be asked from here." in text

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"KAO-filters": []}, "Choose a filter."),
            ({"KAO-filters": ["no-such"]}, "Choose a filter."),
            ({"KAO-exposure": "soon"}, "number of seconds"),
            ({"KAO-exposure": "99999"}, "number of seconds"),
            ({"KAO-count": "1.5"}, "whole number"),
            ({"KAO-count": "0"}, "whole number"),
            ({"telescopes": []}, "No telescope is ticked"),
            ({"window_end": "2020-01-01T00:00"}, "ends before it begins"),
            ({"window_start": "2020-01-01T00:00"}, "in the past"),
            ({"priority": "9"}, "not one of the available choices"),
            ({"airmass_max": "0.5"}, "greater than or equal to 1"),
        ],
    )
    def test_what_is_wrong_is_told_and_nobody_is_asked(self, page, target, changes, words):
        answer = page.post(self.address(target), filled(**changes))
        assert answer.status_code == 200
        assert words in answer.content.decode()
        assert not FollowUpRequest.objects.exists()

    def test_without_the_right_nobody_is_asked(self, client, member, target):
        client.force_login(member)
        answer = client.post(self.address(target), filled())
        assert "You may not ask telescopes" in answer.content.decode()
        assert not FollowUpRequest.objects.exists()

    def test_who_was_asked_already_is_shown(self, page, asker, target):
        row = asked(asker, target, "KAO", exposures=[{"filter": "sdssr", "exposure_s": 60, "count": 1}])
        text = page.get(self.address(target)).content.decode()
        assert f'<a class="badge badge-main" href="/requests/{row.pk}/">asked: waiting to be sent</a>' in text

    def test_a_hidden_target_is_not_found(self, page, target):
        type(target).objects.filter(pk=target.pk).update(permissions="PRIVATE")
        assert page.get(self.address(target)).status_code == 404
        assert page.post(self.address(target), filled()).status_code == 404


class TestAdvice:
    def of_one(self, page, target, **changes):
        form = {"target_id": target.pk, "facility": "KAO", "observation_type": "IMAGING", **filled()}
        form |= {"filter": "sdssr", "exposure_time_s": "300", "exposure_count": "1"} | changes
        return page.post(reverse("requests:advice", args=["KAO"]), form).content.decode()

    def test_a_sound_wish_would_work(self, page, target):
        text = self.of_one(page, target, magnitude="19")
        assert "it would work" in text
        assert "21.0 mag" in text
        assert "5 min" in text

    def test_too_faint_a_source_is_doubtful(self, page, target):
        assert "too faint for this telescope" in self.of_one(page, target, magnitude="24.5")

    def test_what_cannot_be_read_is_told_beside_the_rest(self, page, target):
        text = self.of_one(page, target, exposure_time_s="")
        assert "Exposure [s]: This field is required." in text
        assert "Observable" in text

    def test_allocation_left_is_shown_and_missing_hours_refuse(self, page, asker, target):
        now = timezone.now()
        type(channel("KAO", "by-list")).objects.filter(telescope="KAO").update(needs_allocation=True)
        assert "None of your groups has time on it" in self.of_one(page, target)
        Allocation.objects.create(
            telescope="KAO", group=asker.groups.get(), hours=0.5, valid_from=now, valid_to=now + timedelta(days=9)
        )
        assert "0.5 h of 0.5 h left" in self.of_one(page, target)
        assert "0.5 h of your allocation are left" in self.of_one(page, target, exposure_count="10")

    def test_a_rule_about_brightness_is_told(self, page, target):
        channel("KAO", "by-list", not_brighter_than_mag=21.5)
        text = self.of_one(page, target, magnitude="19")
        assert "before the source is fainter than 21.5 mag; 19.0 is expected" in text
        assert "nothing is known of its magnitude" in self.of_one(page, target)

    def test_how_often_it_was_asked_counts(self, page, asker, target):
        channel("Xinglong-TNT", "by-list")
        asked(asker, target, "Xinglong-TNT", exposures=[{"filter": "r", "exposure_s": 60, "count": 1}])
        form = {"target_id": target.pk, "facility": "Xinglong-TNT", **filled()}
        text = page.post(reverse("requests:advice", args=["Xinglong-TNT"]), form).content.decode()
        assert "once a month, and was asked today" in text

    def test_of_many_every_line_gets_its_place(self, page, target):
        text = page.post(reverse("requests:advice-many", args=[target.pk]), filled()).content.decode()
        assert text.count('hx-swap-oob="true"') == len(fresh_lines(None))
        assert "No way to ask it is set up" in text

    def test_advice_changes_nothing(self, page, target):
        self.of_one(page, target)
        assert not FollowUpRequest.objects.exists()

    def test_a_target_that_is_none(self, page):
        for target_id in ("", "x", "999999", "٣", "9" * 30):
            answer = page.post(reverse("requests:advice", args=["KAO"]), {"target_id": target_id})
            assert answer.status_code == 404


class TestOneTelescope:
    def form(self, target, **changes):
        data = {"target_id": target.pk, "facility": "KAO", "observation_type": "IMAGING", **filled()}
        lines = {"filter": "sdssr", "exposure_time_s": "300", "exposure_count": "2"}
        more = {"filter_2": "sdssg", "exposure_time_s_2": "120", "exposure_count_2": "4"}
        return data | lines | more | changes

    def test_it_is_asked_and_its_page_follows(self, page, target):
        answer = page.post("/observations/KAO/create/", self.form(target, airmass_max="2"))
        row = FollowUpRequest.objects.get()
        assert answer["Location"] == f"/requests/{row.pk}/"
        assert row.exposures == [
            {"filter": "sdssr", "exposure_s": 300.0, "count": 2},
            {"filter": "sdssg", "exposure_s": 120.0, "count": 4},
        ]
        assert row.constraints == {"airmass_max": 2.0}
        assert row.record.target_id == target.pk

    def test_a_check_asks_nobody(self, page, target):
        answer = page.post("/observations/KAO/create/", self.form(target, validate="1"))
        assert "Nothing was sent yet" in answer.content.decode()
        assert not FollowUpRequest.objects.exists()

    def test_half_a_line_is_told(self, page, target):
        answer = page.post("/observations/KAO/create/", self.form(target, exposure_count_2=""))
        assert "Say it for this filter too" in answer.content.decode()
        assert not FollowUpRequest.objects.exists()

    def test_a_refusal_is_shown_on_the_form(self, page, target):
        channel("KAO", "by-list", is_active=False)
        answer = page.post("/observations/KAO/create/", self.form(target))
        assert "KAO cannot be asked from here" in answer.content.decode()
        assert not FollowUpRequest.objects.exists()

    def test_the_window_is_when_it_can_be_observed(self, page, target):
        form = page.get(f"/observations/KAO/create/?target_id={target.pk}").context["form"]
        start, end = form.fields["window_start"].initial, form.fields["window_end"].initial
        assert timezone.now() - timedelta(minutes=2) < start < end
        assert end - start < timedelta(hours=24)
