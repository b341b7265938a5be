"""Targets over REST: explicit about every field that may be written, and about whose rows are touched."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from guardian.models import GroupObjectPermission
from guardian.shortcuts import assign_perm
from rest_framework import serializers
from tom_common.serializers import GroupSerializer
from tom_targets.base_models import REQUIRED_NON_SIDEREAL_FIELDS, REQUIRED_NON_SIDEREAL_FIELDS_PER_SCHEME
from tom_targets.models import Target, TargetExtra, TargetList, TargetName
from tom_targets.serializers import TargetExtraSerializer, TargetListSerializer, TargetNameSerializer

from icare_tom.auto_targets import share
from icare_tom.guards.access import Visitor, changeable_target_lists, own_groups
from icare_tom.sharing.targets import may_delete

OWN_LIST = ("view_targetlist", "change_targetlist", "delete_targetlist")


def groups_of(targets: Iterable[Target], user: Visitor) -> dict[int, list[Group]]:
    """Groups with a permission on each target, as far as the user belongs to them; one query for any number."""
    keys = {str(target.pk): target.pk for target in targets}
    rows = GroupObjectPermission.objects.filter(
        content_type=ContentType.objects.get_for_model(Target), object_pk__in=keys, group__in=own_groups(user)
    )
    found: dict[int, list[Group]] = {pk: [] for pk in keys.values()}
    for key, pk, name in rows.order_by("group").values_list("object_pk", "group", "group__name").distinct():
        found[keys[key]].append(Group(pk=pk, name=name))
    return found


class TargetSerializer(serializers.ModelSerializer):
    """A target with its aliases, extra values, lists and groups."""

    targetextra_set = TargetExtraSerializer(many=True, required=False)
    aliases = TargetNameSerializer(many=True, required=False)
    target_lists = TargetListSerializer(many=True, required=False, write_only=True)
    groups = GroupSerializer(many=True, required=False)

    class Meta:
        model = Target
        fields = "__all__"
        read_only_fields = ("id", "created", "modified", "shared_by", "shared_from")

    @property
    def user(self) -> Visitor:
        """Who is asking."""
        return self.context["request"].user

    def validate_groups(self, given: list[dict[str, Any]]) -> list[Group]:
        """Groups by id or name; one the user does not belong to is refused, whether or not it exists."""
        allowed = list(own_groups(self.user))
        by_id, by_name = {group.pk: group for group in allowed}, {group.name: group for group in allowed}
        chosen = [by_id.get(item["id"]) if "id" in item else by_name.get(item.get("name", "")) for item in given]
        if None in chosen:
            raise serializers.ValidationError("You do not belong to one of these groups.")
        return [group for group in chosen if group is not None]

    def validate_aliases(self, given: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Existing aliases must be this target's."""
        return self._own(given, TargetName)

    def validate_targetextra_set(self, given: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Existing extra values must be this target's."""
        return self._own(given, TargetExtra)

    def _own(self, given: list[dict[str, Any]], model: type[Any]) -> list[dict[str, Any]]:
        named = {item["id"] for item in given if "id" in item}
        target = self.instance.pk if self.instance else None
        if named and model.objects.filter(pk__in=named, target=target).count() != len(named):
            raise serializers.ValidationError("An id names no row of this target.")
        return given

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Coordinates or orbit must be there; zero is a coordinate like any other."""
        kind = self._value(attrs, "type")
        required = ["ra", "dec"] if kind == Target.SIDEREAL else list(REQUIRED_NON_SIDEREAL_FIELDS)
        if kind != Target.SIDEREAL:
            required += REQUIRED_NON_SIDEREAL_FIELDS_PER_SCHEME.get(self._value(attrs, "scheme"), [])
        missing = [name for name in required if self._value(attrs, name) in (None, "")]
        if missing:
            raise serializers.ValidationError(f"Required for {kind} targets: {', '.join(missing)}.")
        self._check_ranges(attrs)
        self._check_alias_names(attrs)
        return attrs

    def _check_ranges(self, attrs: dict[str, Any]) -> None:
        for name, low, high in (("ra", 0.0, 360.0), ("dec", -90.0, 90.0)):
            value = attrs.get(name)
            if value is not None and not low <= value <= high:
                raise serializers.ValidationError({name: f"Must lie between {low:g} and {high:g} degrees."})

    def _check_alias_names(self, attrs: dict[str, Any]) -> None:
        name = self._value(attrs, "name")
        given = [alias.get("name") for alias in attrs.get("aliases", [])]
        if name in given or len(set(given)) != len(given):
            raise serializers.ValidationError({"aliases": "Aliases must differ from the name and from each other."})
        kept = {alias["id"] for alias in attrs.get("aliases", []) if "id" in alias}
        if TargetName.objects.filter(name__in=given).exclude(pk__in=kept).exists():
            raise serializers.ValidationError({"aliases": "An alias is already in use."})

    def _value(self, attrs: dict[str, Any], name: str) -> Any:
        return attrs.get(name, getattr(self.instance, name, None))

    @transaction.atomic
    def create(self, validated_data: dict[str, Any]) -> Target:
        """A new target of the user, shared with the groups named."""
        related = self._pop_related(validated_data)
        target = Target.objects.create(**validated_data)
        target.give_user_access(self.user)
        self._save_related(target, related, deletable=True)
        return target

    @transaction.atomic
    def update(self, instance: Target, validated_data: dict[str, Any]) -> Target:
        """Change fields, and add or change what hangs on the target."""
        related = self._pop_related(validated_data)
        for name, value in validated_data.items():
            setattr(instance, name, value)
        instance.save()
        self._save_related(instance, related, deletable=may_delete(self.user, instance))
        return Target.objects.get(pk=instance.pk)

    def _pop_related(self, data: dict[str, Any]) -> dict[str, list[Any]]:
        return {name: data.pop(name, []) for name in ("groups", "aliases", "targetextra_set", "target_lists")}

    def _save_related(self, target: Target, related: dict[str, list[Any]], *, deletable: bool) -> None:
        for group in related["groups"]:
            share(target, group, deletable=deletable)
        for alias in related["aliases"]:
            TargetName.objects.update_or_create(pk=alias.get("id"), target=target, defaults={"name": alias["name"]})
        field_names = {field.name for field in Target._meta.fields}
        for extra in related["targetextra_set"]:
            if extra["key"] not in field_names:
                self._save_extra(target, extra)
        for listed in related["target_lists"]:
            self._own_list(listed).targets.add(target)

    def _save_extra(self, target: Target, extra: dict[str, Any]) -> None:
        if "id" in extra:
            target.targetextra_set.filter(pk=extra["id"]).exclude(key=extra["key"]).delete()
        row, _ = target.targetextra_set.get_or_create(key=extra["key"])
        row.value = extra.get("value", "")
        row.save()

    def _own_list(self, listed: dict[str, Any]) -> TargetList:
        """A list the user may change, by id or name; otherwise a new one of the user's own."""
        mine = changeable_target_lists(self.user)
        if "id" in listed:
            found = mine.filter(pk=listed["id"]).first()
            if found is None:
                raise serializers.ValidationError({"target_lists": "You may change no list with this id."})
            return found
        found = mine.filter(name=listed.get("name", "")).first()
        return found or self._new_list(listed.get("name", ""))

    def _new_list(self, name: str) -> TargetList:
        if not name:
            raise serializers.ValidationError({"target_lists": "A list needs a name or an id."})
        created = TargetList.objects.create(name=name)
        for permission in OWN_LIST:
            assign_perm(f"tom_targets.{permission}", self.user, created)
        return created

    def to_representation(self, instance: Target) -> dict[str, Any]:
        """TOM's fields, and the user's groups that share the target."""
        known = self.context.get("groups_of_targets", {})
        groups = known[instance.pk] if instance.pk in known else groups_of([instance], self.user)[instance.pk]
        fields = {name: field for name, field in self.fields.items() if name != "groups" and not field.write_only}
        shown = {
            name: field.to_representation(value) if (value := field.get_attribute(instance)) is not None else None
            for name, field in fields.items()
        }
        return shown | {"groups": GroupSerializer(groups, many=True).data}
