import type { account } from "@pulumi/aws";
import { ifFound } from "../errors.ts";
import type { In, Rows } from "../row.ts";
import { putRow } from "./shapes.ts";

type Contact = In<account.AlternativeContactArgs>;
type Kind = "BILLING" | "OPERATIONS" | "SECURITY";

/** `BILLING`, with another account's id before it where it is one. */
function partsOf(id: string): { AccountId?: string; AlternateContactType: Kind } {
  const [kind = "", account] = id.split("/").reverse();
  return { ...(account !== undefined && { AccountId: account }), AlternateContactType: kind as Kind };
}

const given = ({ name, title, emailAddress, phoneNumber }: Contact) => ({
  ...{ Name: name, Title: title, EmailAddress: emailAddress, PhoneNumber: phoneNumber },
});

const idOf = ({ accountId, alternateContactType }: Contact) =>
  accountId === undefined ? alternateContactType : `${accountId}/${alternateContactType}`;

const contact = putRow<account.AlternativeContactArgs, account.AlternativeContact>({
  update: ["name", "title", "emailAddress", "phoneNumber"],
  replace: ["accountId", "alternateContactType"],
  required: ["alternateContactType", "emailAddress", "phoneNumber", "title"],
  id: idOf,
  put: (inputs, { contacts }) => contacts.putAlternateContact({ ...partsOf(idOf(inputs)), ...given(inputs) }),
  read: async (id, { contacts }) => {
    const parts = partsOf(id);
    const answer = await ifFound(contacts.getAlternateContact(parts));
    const found = answer?.AlternateContact;
    return (
      found && {
        ...{ alternateContactType: parts.AlternateContactType, name: found.Name, title: found.Title },
        ...{ emailAddress: found.EmailAddress, phoneNumber: found.PhoneNumber },
        ...(parts.AccountId !== undefined && { accountId: parts.AccountId }),
      }
    );
  },
  delete: (id, { contacts }) => contacts.deleteAlternateContact(partsOf(id)),
});

export const accountRows: Rows = { "aws:account/alternativeContact:AlternativeContact": contact };
