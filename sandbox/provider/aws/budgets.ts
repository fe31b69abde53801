import type { Budget, Notification, NotificationWithSubscribers } from "@aws-sdk/client-budgets";
import type { budgets } from "@pulumi/aws";
import { type Context, type In, type Rows, row } from "../row.ts";
import { partsOf } from "./shapes.ts";
import { camel, must, tagList, tagRecord } from "./shared.ts";

type Args = In<budgets.BudgetArgs>;

const budgetAt = (id: string) => partsOf(id, ":", ["AccountId", "BudgetName"]);

const budgetOf = ({ name, budgetType, timeUnit, limitAmount, limitUnit, costFilters }: Args): Budget => ({
  ...{ BudgetName: name, BudgetType: budgetType as "COST", TimeUnit: timeUnit as "MONTHLY" },
  BudgetLimit: { Amount: limitAmount, Unit: limitUnit },
  ...(costFilters && { CostFilters: Object.fromEntries(costFilters.map((one) => [one.name, [...one.values]])) }),
});

const notificationsOf = ({ notifications = [] }: Args): NotificationWithSubscribers[] =>
  notifications.map((one) => ({
    Notification: {
      ...{ NotificationType: one.notificationType, ComparisonOperator: one.comparisonOperator },
      ...{ Threshold: one.threshold, ThresholdType: one.thresholdType },
    } as Notification,
    Subscribers: (one.subscriberEmailAddresses ?? []).map((Address) => ({ SubscriptionType: "EMAIL", Address })),
  }));

async function readNotifications({ budgets }: Context, of: { AccountId: string; BudgetName: string }) {
  const { Notifications = [] } = await budgets.describeNotificationsForBudget(of);
  return Promise.all(
    Notifications.map(async ({ NotificationState: _state, ...Notification }) => {
      const { Subscribers = [] } = await budgets.describeSubscribersForNotification({ ...of, Notification });
      const addresses = Subscribers.map(({ Address = "" }) => Address);
      return { ...camel<object>(Notification), subscriberEmailAddresses: addresses };
    }),
  );
}

const arnOf = (id: string) => `arn:aws:budgets::${budgetAt(id).AccountId}:budget/${budgetAt(id).BudgetName}`;

const budget = row<budgets.BudgetArgs, budgets.Budget>({
  update: ["budgetType", "timeUnit", "limitAmount", "limitUnit", "costFilters", "notifications"],
  replace: ["name", "accountId"],
  required: ["budgetType", "timeUnit"],
  autoName: { key: "name", max: 100 },
  exact: ["notifications", "costFilters"],
  computed: ["arn"],
  create: async (inputs, { budgets, account, tags }) => {
    const AccountId = inputs.accountId ?? (await account());
    const NotificationsWithSubscribers = notificationsOf(inputs);
    await budgets.createBudget({
      ...{ AccountId, Budget: budgetOf(inputs), NotificationsWithSubscribers },
      ResourceTags: tagList(tags),
    });
    return `${AccountId}:${must(inputs.name, "the budget's name")}`;
  },
  read: async (id, aws) => {
    const { Budget: found } = await aws.budgets.describeBudget(budgetAt(id));
    const { ResourceTags } = await aws.budgets.listTagsForResource({ ResourceARN: arnOf(id) });
    const filters = Object.entries(found?.CostFilters ?? {}).map(([name, values]) => ({ name, values }));
    return {
      ...{ arn: arnOf(id), name: found?.BudgetName, budgetType: found?.BudgetType, timeUnit: found?.TimeUnit },
      ...{ limitAmount: found?.BudgetLimit?.Amount, limitUnit: found?.BudgetLimit?.Unit },
      ...(filters.length > 0 && { costFilters: filters }),
      notifications: (await readNotifications(aws, budgetAt(id))) as never,
      tagsAll: tagRecord(ResourceTags),
    };
  },
  write: async (id, inputs, { budgets }, { changed, old }) => {
    const of = budgetAt(id);
    await budgets.updateBudget({ AccountId: of.AccountId, NewBudget: budgetOf(inputs) });
    if (!changed("notifications")) return;
    for (const { Notification } of notificationsOf(old)) await budgets.deleteNotification({ ...of, Notification });
    for (const one of notificationsOf(inputs)) await budgets.createNotification({ ...of, ...one });
  },
  tag: (id, tags, { budgets }) => budgets.tagResource({ ResourceARN: arnOf(id), ResourceTags: tagList(tags) }),
  untag: (id, removed, { budgets }) => budgets.untagResource({ ResourceARN: arnOf(id), ResourceTagKeys: removed }),
  delete: (id, { budgets }) => budgets.deleteBudget(budgetAt(id)),
});

export const budgetRows: Rows = { "aws:budgets/budget:Budget": budget };
