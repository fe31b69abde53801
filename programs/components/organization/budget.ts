import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { BudgetEntry } from "../../organization-config.ts";

/** What an account, or without one the whole organization, may cost a month, with mails when it costs more. */
export function monthlyBudget(
  name: string,
  { monthlyUsd, alertPercents, emails }: BudgetEntry,
  accountId: pulumi.Input<string> | undefined,
  options: pulumi.CustomResourceOptions,
): void {
  const alert = (threshold: number, notificationType: string) => ({
    comparisonOperator: "GREATER_THAN",
    notificationType,
    threshold,
    thresholdType: "PERCENTAGE",
    subscriberEmailAddresses: [...emails],
  });
  new aws.budgets.Budget(
    name,
    {
      name: `${name}-monthly`,
      budgetType: "COST",
      timeUnit: "MONTHLY",
      limitAmount: `${monthlyUsd}.0`,
      limitUnit: "USD",
      ...(accountId !== undefined && { costFilters: [{ name: "LinkedAccount", values: [accountId] }] }),
      notifications: [...alertPercents.map((percent) => alert(percent, "ACTUAL")), alert(100, "FORECASTED")],
    },
    options,
  );
}
