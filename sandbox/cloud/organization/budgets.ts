/** What moto lacks of budgets: changing one, who is told, and tags. */
import {
  BudgetsClient,
  CreateBudgetCommand,
  CreateNotificationCommand,
  DeleteBudgetCommand,
  DeleteNotificationCommand,
  DescribeNotificationsForBudgetCommand,
  DescribeSubscribersForNotificationCommand,
  ListTagsForResourceCommand,
  type Notification,
  type NotificationWithSubscribers,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateBudgetCommand,
} from "@aws-sdk/client-budgets";
import { awsError, type CloudContext } from "../handlers.ts";
import { Tags } from "./tags.ts";

interface Of {
  readonly AccountId?: string | undefined;
  readonly BudgetName?: string | undefined;
}

export function installBudgets(cloud: CloudContext): void {
  const told = new Map<string, NotificationWithSubscribers[]>();
  const tags = new Tags();
  cloud.onReset(() => {
    told.clear();
    tags.clear();
  });
  const keyOf = ({ AccountId, BudgetName }: Of) => `arn:aws:budgets::${AccountId}:budget/${BudgetName}`;
  const toldOf = (of: Of) => told.get(keyOf(of)) ?? [];

  cloud.handle(CreateBudgetCommand, async (input, call) => {
    const answer = await call.toMoto();
    const key = keyOf({ AccountId: input.AccountId, BudgetName: input.Budget?.BudgetName });
    told.set(key, input.NotificationsWithSubscribers ?? []);
    tags.set(key, input.ResourceTags ?? []);
    return answer;
  });
  cloud.handle(UpdateBudgetCommand, async ({ AccountId, NewBudget }, call) => {
    const of = { AccountId, BudgetName: NewBudget?.BudgetName };
    const moto = call.moto(BudgetsClient);
    await moto.send(new DeleteBudgetCommand(of));
    const NotificationsWithSubscribers = toldOf(of);
    await moto.send(new CreateBudgetCommand({ AccountId, Budget: NewBudget, NotificationsWithSubscribers }));
    return {};
  });
  cloud.handle(DeleteBudgetCommand, async (input, call) => {
    const answer = await call.toMoto();
    told.delete(keyOf(input));
    tags.delete(keyOf(input));
    return answer;
  });
  cloud.handle(DescribeNotificationsForBudgetCommand, (input) => ({
    Notifications: toldOf(input).flatMap(({ Notification }) => Notification ?? []),
  }));
  cloud.handle(DescribeSubscribersForNotificationCommand, (input) => {
    const found = toldOf(input).find((one) => isSame(one.Notification, input.Notification));
    if (found === undefined)
      throw awsError("NotFoundException", "Unable to get subscribers - the notification doesn't exist.");
    return { Subscribers: found.Subscribers ?? [] };
  });
  cloud.handle(CreateNotificationCommand, (input) => {
    const { Notification, Subscribers } = input;
    if (toldOf(input).some((one) => isSame(one.Notification, Notification)))
      throw awsError("DuplicateRecordException", "Unable to create notification - it already exists.");
    told.set(keyOf(input), [...toldOf(input), { Notification, Subscribers }]);
    return {};
  });
  cloud.handle(DeleteNotificationCommand, (input) => {
    const left = toldOf(input).filter((one) => !isSame(one.Notification, input.Notification));
    if (left.length === toldOf(input).length)
      throw awsError("NotFoundException", "Unable to delete notification - it doesn't exist.");
    told.set(keyOf(input), left);
    return {};
  });
  cloud.handle(ListTagsForResourceCommand, ({ ResourceARN }) => ({ ResourceTags: tags.of(ResourceARN) }));
  cloud.handle(TagResourceCommand, ({ ResourceARN, ResourceTags }) => tags.add(ResourceARN, ResourceTags));
  cloud.handle(UntagResourceCommand, ({ ResourceARN, ResourceTagKeys }) => tags.remove(ResourceARN, ResourceTagKeys));
}

function isSame(a: Notification | undefined, b: Notification | undefined): boolean {
  const keys = ["NotificationType", "ComparisonOperator", "Threshold", "ThresholdType"] as const;
  return keys.every((key) => a?.[key] === b?.[key]);
}
