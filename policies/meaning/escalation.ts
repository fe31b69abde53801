import type { PolicyDocument, Statement } from "@switchyard/iam/document.ts";
import { unlimited } from "./holder.ts";

/**
 * Actions each of which, on a resource nobody named, makes its holder administrator in one step: they write a policy,
 * make credentials, join a group, take a limit away, or hand an administrator's role to something the holder runs
 * ("AWS IAM Privilege Escalation – Methods and Mitigation", Rhino Security Labs; IAM, "Security best practices").
 */
export const steps = [
  "iam:AddUserToGroup",
  "iam:AttachGroupPolicy",
  "iam:AttachRolePolicy",
  "iam:AttachUserPolicy",
  "iam:CreateAccessKey",
  "iam:CreateLoginProfile",
  "iam:CreatePolicyVersion",
  "iam:CreateServiceSpecificCredential",
  "iam:DeleteRolePermissionsBoundary",
  "iam:DeleteUserPermissionsBoundary",
  "iam:PassRole",
  "iam:PutGroupPolicy",
  "iam:PutRolePermissionsBoundary",
  "iam:PutRolePolicy",
  "iam:PutUserPermissionsBoundary",
  "iam:PutUserPolicy",
  "iam:ResetServiceSpecificCredential",
  "iam:SetDefaultPolicyVersion",
  "iam:UpdateAccessKey",
  "iam:UpdateAssumeRolePolicy",
  "iam:UpdateLoginProfile",
  "iam:UpdateSAMLProvider",
  "sso:AttachCustomerManagedPolicyReferenceToPermissionSet",
  "sso:AttachManagedPolicyToPermissionSet",
  "sso:CreateAccountAssignment",
  "sso:PutInlinePolicyToPermissionSet",
  "sts:AssumeRole",
  "lambda:UpdateFunctionCode",
  "cloudformation:UpdateStack",
  "ssm:SendCommand",
] as const;

/** The steps to administrator a statement allows. */
export function stepsToAdministrator(document: PolicyDocument, statement: Statement): readonly string[] {
  return unlimited(document, statement, steps);
}

/** All it takes to give oneself any right there is: every way of writing a role's or user's policies. */
const everyWay = ["iam:AttachRolePolicy", "iam:AttachUserPolicy", "iam:CreatePolicyVersion", "iam:PutRolePolicy"];

/** Whether a statement allows IAM itself, which is every right by another name. */
export function allowsAllOfIam(document: PolicyDocument, statement: Statement): boolean {
  return unlimited(document, statement, everyWay).length === everyWay.length;
}

/** Policies of AWS's own whose holder is administrator, or is in one step; whatever partition. */
export function isAdministratorsPolicy(arn: string): boolean {
  return /^arn:aws[a-z-]*:iam::aws:policy\/(AdministratorAccess(-[\w-]+)?|IAMFullAccess|PowerUserAccess|AWSOrganizationsFullAccess|AWSSSOMasterAccountAdministrator|job-function\/(SystemAdministrator|DatabaseAdministrator|DataScientist))$/.test(
    arn,
  );
}
