"""
moto's server (`python -m moto.server`), with faults mended and with costs taken off that its answers do not depend on:

- Identity Center looks for the path of a policy of AWS's own under a key that is written otherwise: it knew none that has
  a path, such as job-function/Billing.
- A bucket's policy is judged without the request's conditions: one that denies what is not by TLS denied everything. That
  statement is left out, as TLS ends before this server.
- Ids of hosted zones begin with a Z, as Route 53's all do.
- A DynamoDB transaction keeps a deep copy of every table it names, once for each of its items, to put back when it
  fails: its time grows with the table. Put and Delete replace items and never change one, so a transaction without
  Update is kept by the maps of items alone. One with Update, or on a table with a stream, is moto's own.
- Each request looks for its service by listing moto's directory, and for a service's operations by looking through its
  class. Neither changes.

Ends with an error when this moto is not one that does so.
"""

import copy
import functools
import inspect
import json
import sys
import threading
from collections import defaultdict
from types import SimpleNamespace

import moto
from moto import server
from moto.core import responses
from moto.dynamodb import models
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import Table
from moto.moto_server.werkzeug_app import DomainDispatcherApplication
from moto.route53 import models as route53
from moto.s3.models import FakeBucket
from moto.ssoadmin import models as ssoadmin
from moto.ssoadmin.models import SSOAdminBackend

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


cheap_transactions()
buckets_that_ask_for_tls()
managed_policies_with_paths()
zones_that_begin_with_z()
remembered_services()
server.main()
