"""
moto's server (`python -m moto.server`), with faults mended and with costs taken off that its answers do not depend on:

- Identity Center looks for the path of a policy of AWS's own under a key that is written otherwise: it knew none that has
  a path, such as job-function/Billing.
- A bucket's policy is judged without the request's conditions: one that denies what is not by TLS denied everything. That
  statement is left out, as TLS ends before this server.
- Ids of hosted zones begin with a Z, as Route 53's all do.
- Records are made and deleted one by one: Route 53 refuses to make one that is there, to have a plain one and weighted ones of
  one name, and to delete one that is another than it is told. moto takes the first two for good, and deletes all of a zone
  that have one identifier.
- A DynamoDB transaction keeps a deep copy of every table it names, once for each of its items, to put back when it
  fails: its time grows with the table. Put and Delete replace items and never change one, so a transaction without
  Update is kept by the maps of items alone. One with Update, or on a table with a stream, is moto's own.
- Each request looks for its service by listing moto's directory, and for a service's operations by looking through its
  class. Neither changes.
- Each account reads the 1,500 policies of AWS's own anew, and again when it is reset.
- Each key of KMS is made with an RSA key that only an asymmetric one ever uses.
- A service's model is read once for its regions and once more for its requests, and all of botocore's directories are looked
  through for each.
- Each request is logged, one after the other. What fails is still told.

Ends with an error when this moto is not one that does so.
"""

import copy
import functools
import inspect
import json
import logging
import sys
import threading
from collections import defaultdict
from datetime import datetime
from types import SimpleNamespace

import moto
from botocore.loaders import JSONFileLoader
from moto import server
from moto.core import responses, utils
from moto.dynamodb import models
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import Table
from moto.iam import models as iam
from moto.iam.models import AWSManagedPolicy, IAMBackend
from moto.kms import models as kms
from moto.moto_server.werkzeug_app import DomainDispatcherApplication
from moto.route53 import models as route53
from moto.route53.exceptions import Route53ClientError
from moto.s3.models import FakeBucket
from moto.ssoadmin import models as ssoadmin
from moto.ssoadmin.models import SSOAdminBackend
from werkzeug.serving import WSGIRequestHandler

transaction = threading.local()


def expect(function, *lines):
    source = inspect.getsource(function)
    name = getattr(function, "__qualname__", function.__name__)
    for line in lines:
        if line not in source:
            sys.exit(f"{__file__}: moto {moto.__version__}: {name} has no `{line}`")


def cheap_transactions():
    expect(DynamoDBBackend.transact_write_items, "copy.deepcopy(", "self.tables[table_name] = original_table_state")
    expect(Table.put_item, "self.items[hash_value][range_value] = item", "self.items[hash_value] = item")
    expect(Table.delete_item, "self.items[hash_key].pop(range_key)", "self.items.pop(hash_key)")
    own = DynamoDBBackend.transact_write_items

    def transact_write_items(self, transact_items):
        transaction.replaces = not any("Update" in item for item in transact_items)
        try:
            return own(self, transact_items)
        finally:
            transaction.replaces = False

    def deepcopy(thing, memo=None):
        if isinstance(thing, Table) and getattr(transaction, "replaces", False) and thing.stream_shard is None:
            return with_maps_copied(thing)
        return copy.deepcopy(thing, memo)

    DynamoDBBackend.transact_write_items = transact_write_items
    models.copy = SimpleNamespace(deepcopy=deepcopy)


def with_maps_copied(whole):
    kept = copy.copy(whole)
    items = whole.items.items()
    kept.items = defaultdict(dict, {key: dict(part) if whole.range_key_attr else part for key, part in items})
    return kept


def remembered_services():
    expect(DomainDispatcherApplication.get_backend_for_host, "list_of_moto_modules()")
    own = DomainDispatcherApplication.get_backend_for_host
    DomainDispatcherApplication.get_backend_for_host = functools.cache(own)
    expect(responses.BaseResponse.call_action, "method_names_from_class(self.__class__)")
    responses.method_names_from_class = functools.cache(responses.method_names_from_class)


def policies_read_once():
    expect(IAMBackend._init_aws_policies, "AWSManagedPolicy.from_data(name, self.account_id, self.region_name, d)")
    expect(AWSManagedPolicy.from_data, "account_id=account_id", "region=region_name")
    expect(AWSManagedPolicy.from_data, 'document=json.dumps(data.get("Document"))')

    @functools.cache
    def described():
        return [
            {
                "name": name,
                "default_version_id": policy.get("DefaultVersionId"),
                "path": policy.get("Path"),
                "document": json.dumps(policy.get("Document")),
                "create_date": datetime.fromisoformat(policy["CreateDate"]),
                "update_date": datetime.fromisoformat(policy["UpdateDate"]),
            }
            for name, policy in json.loads(iam.aws_managed_policies_data).items()
        ]

    def _init_aws_policies(self):
        if not iam.load_iam_aws_managed_policies():
            return []
        owner = {"account_id": self.account_id, "region": self.region_name}
        return [AWSManagedPolicy(**owner, **policy) for policy in described()]

    IAMBackend._init_aws_policies = _init_aws_policies


class MadeWhenUsed:
    def __init__(self, make):
        self._make = make

    def __getattr__(self, name):
        if "_made" not in self.__dict__:
            self._made = self._make()
        return getattr(self._made, name)


def private_keys_when_used():
    expect(kms.Key.__init__, "self.private_key = generate_private_key(self.key_spec)")
    own = kms.generate_private_key

    def generate_private_key(spec):
        return MadeWhenUsed(lambda: own(spec)) if spec == "SYMMETRIC_DEFAULT" else own(spec)

    kms.generate_private_key = generate_private_key


def models_read_once():
    expect(JSONFileLoader.load_file, "def load_file(self, file_path)")
    own = JSONFileLoader.load_file
    read = functools.cache(lambda path: own(JSONFileLoader(), path))
    JSONFileLoader.load_file = lambda self, file_path: read(file_path)
    expect(utils._load_service_model, "loader = create_loader()")
    utils.create_loader = functools.cache(utils.create_loader)


def requests_untold():
    expect(WSGIRequestHandler.log_request, 'self.log("info",')
    logging.getLogger("werkzeug").setLevel(logging.WARNING)


def managed_policies_with_paths():
    expect(SSOAdminBackend._find_managed_policy, 'managed_policy.get("path", "/")')
    expect(ssoadmin, "json.loads(aws_managed_policies_data)")

    def loads(text):
        return {name: {**policy, "path": policy["Path"]} for name, policy in json.loads(text).items()}

    ssoadmin.json = SimpleNamespace(loads=loads)


def zones_that_begin_with_z():
    expect(route53, "return create_route53_zone_id(")
    own = route53.create_route53_zone_id
    route53.create_route53_zone_id = lambda *args, **named: f"Z{own(*args, **named)[1:]}"


def records_one_by_one():
    backend = route53.Route53Backend
    expect(backend.change_resource_record_sets, 'the_zone.delete_rrset_by_id(record_set["SetIdentifier"])')
    expect(backend.change_resource_record_sets, 'if value["Action"] == "CREATE" and value in the_zone.rr_changes:')
    own = backend.change_resource_record_sets

    def change_resource_record_sets(self, zoneid, change_list):
        zone = self.get_hosted_zone(zoneid)
        there = {place_of(vars(each)): each.weight for each in zone.rrsets}
        for each in change_list:
            refuse_change(there, each)
        for each in change_list:
            record = each["ResourceRecordSet"]
            if each["Action"] == "DELETE" and record.get("SetIdentifier"):
                zone.rrsets = [one for one in zone.rrsets if place_of(vars(one)) != place_of(record)]
                continue
            # What is refused is refused above; moto looks for a record that was ever made as this one is.
            own(self, zoneid, [{**each, "Action": "UPSERT"}] if each["Action"] == "CREATE" else [each])

    backend.change_resource_record_sets = change_resource_record_sets


def place_of(record):
    """Name, type and identifier of a record, as a change or as moto has it."""
    name = record.get("name") or record.get("Name")
    identifier = record.get("set_identifier") or record.get("SetIdentifier")
    return (f"{name.rstrip('.').lower()}.", record.get("type") or record.get("Type"), identifier or None)


def refuse_change(there, change):
    """Route 53 API reference, ChangeResourceRecordSets: all of a batch is checked, as it is to be by then, or nothing done."""
    action, record = change["Action"], change["ResourceRecordSet"]
    name, kind, identifier = place = place_of(record)
    called = f"[name='{name}', type='{kind}'" + (f", set identifier='{identifier}']" if identifier else "]")
    if action == "DELETE":
        if identifier is None:
            there.pop(place, None)
        elif place not in there:
            raise InvalidChangeBatch(f"Tried to delete resource record set {called} but it was not found")
        elif str(there.pop(place)) != str(record.get("Weight")):
            raise InvalidChangeBatch(
                f"Tried to delete resource record set {called} but the values provided do not match the current values"
            )
        return
    if action == "CREATE" and place in there:
        raise InvalidChangeBatch(f"Tried to create resource record set {called} but it already exists")
    if any(one[:2] == (name, kind) and (one[2] is None) != (identifier is None) for one in there):
        raise InvalidChangeBatch(f"RRSet {called} cannot be created as other RRSets exist with the same name and type")
    there[place] = record.get("Weight")


class InvalidChangeBatch(Route53ClientError):
    code = 400

    def __init__(self, message):
        super().__init__("InvalidChangeBatch", f"[{message}]")


def buckets_that_ask_for_tls():
    expect(FakeBucket.get_permission, "IAMPolicy(self.policy.decode())")
    own = FakeBucket.get_permission

    def asks_for_tls(statement):
        return statement.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport") in ("false", False)

    def get_permission(self, action, resource):
        if self.policy is None:
            return own(self, action, resource)
        document = json.loads(self.policy)
        document["Statement"] = [each for each in document["Statement"] if not asks_for_tls(each)]
        return own(SimpleNamespace(policy=json.dumps(document).encode()), action, resource)

    FakeBucket.get_permission = get_permission


models_read_once()
policies_read_once()
private_keys_when_used()
cheap_transactions()
buckets_that_ask_for_tls()
managed_policies_with_paths()
zones_that_begin_with_z()
records_one_by_one()
remembered_services()
requests_untold()
server.main()
