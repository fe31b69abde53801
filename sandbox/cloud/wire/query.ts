/**
 * The AWS query protocols as a server reads and writes them, guided by the SDK's schemas.
 * Source: Smithy 2.0, "AWS query protocol" and "AWS EC2 query protocol".
 */
import { XmlShapeSerializer } from "@aws-sdk/core/protocols";
import { NormalizedSchema } from "@smithy/core/schema";
import type { Schema } from "@smithy/types";

type Node = string | Map<string, Node>;

/** Decodes `Action=…&Filters.Filter.1.Name=…` into the operation's typed input. */
export function decodeQuery(schema: Schema, form: URLSearchParams, ec2: boolean): Record<string, unknown> {
  const root = new Map<string, Node>();
  for (const [key, value] of form) place(root, key.split("."), value);
  return (read(NormalizedSchema.of(schema), root, ec2) ?? {}) as Record<string, unknown>;
}

function place(node: Map<string, Node>, path: string[], value: string): void {
  const [head = "", ...rest] = path;
  if (rest.length === 0) {
    node.set(head, value);
    return;
  }
  let child = node.get(head);
  if (!(child instanceof Map)) {
    child = new Map();
    node.set(head, child);
  }
  place(child, rest, value);
}

function read(schema: NormalizedSchema, node: Node | undefined, ec2: boolean): unknown {
  if (node === undefined) return undefined;
  if (schema.isListSchema()) return readList(schema, node, ec2);
  if (schema.isMapSchema()) return readMap(schema, node, ec2);
  if (schema.isStructSchema()) return readStruct(schema, node, ec2);
  return typeof node === "string" ? scalar(schema, node) : undefined;
}

function readStruct(schema: NormalizedSchema, node: Node, ec2: boolean): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  if (!(node instanceof Map)) return result;
  for (const [name, member] of schema.structIterator()) {
    const value = read(member, node.get(wireName(name, member, ec2)), ec2);
    if (value !== undefined) result[name] = value;
  }
  return result;
}

function wireName(name: string, member: NormalizedSchema, ec2: boolean): string {
  const traits = member.getMergedTraits() as { xmlName?: string; ec2QueryName?: string };
  if (!ec2) return traits.xmlName ?? name;
  const key = traits.ec2QueryName ?? traits.xmlName ?? name;
  return traits.ec2QueryName ? key : key.charAt(0).toUpperCase() + key.slice(1);
}

function readList(schema: NormalizedSchema, node: Node, ec2: boolean): unknown[] {
  if (!(node instanceof Map)) return [];
  const item = schema.getValueSchema();
  const flat = ec2 || schema.getMergedTraits().xmlFlattened;
  const items = flat ? node : node.get(item.getMergedTraits().xmlName ?? "member");
  return items instanceof Map ? numbered(items).map((value) => read(item, value, ec2)) : [];
}

function readMap(schema: NormalizedSchema, node: Node, ec2: boolean): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  const entries = schema.getMergedTraits().xmlFlattened ? node : node instanceof Map ? node.get("entry") : undefined;
  if (!(entries instanceof Map)) return result;
  const keyName = schema.getKeySchema().getMergedTraits().xmlName ?? "key";
  const valueSchema = schema.getValueSchema();
  const valueName = valueSchema.getMergedTraits().xmlName ?? "value";
  for (const entry of numbered(entries)) {
    if (entry instanceof Map) result[String(entry.get(keyName))] = read(valueSchema, entry.get(valueName), ec2);
  }
  return result;
}

function numbered(items: Map<string, Node>): Node[] {
  return [...items].sort(([a], [b]) => Number(a) - Number(b)).map(([, value]) => value);
}

function scalar(schema: NormalizedSchema, text: string): unknown {
  if (schema.isNumericSchema()) return Number(text);
  if (schema.isBooleanSchema()) return text === "true";
  if (schema.isTimestampSchema()) return new Date(text);
  if (schema.isBlobSchema()) return new Uint8Array(Buffer.from(text, "base64"));
  return text;
}

export interface XmlContext {
  readonly operation: string;
  readonly xmlNamespace: string;
  readonly requestId: string;
  readonly ec2: boolean;
}

/** Renders an operation's output as `<OperationResponse><OperationResult>…`. */
export function encodeQuery(schema: Schema, output: object, context: XmlContext): string {
  const { operation, xmlNamespace, requestId, ec2 } = context;
  const result = ec2 ? "" : `<${operation}Result>${members(schema, output, xmlNamespace)}</${operation}Result>`;
  const id = ec2 ? `<requestId>${requestId}</requestId>` : "";
  const metadata = ec2 ? "" : `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
  const body = ec2 ? id + members(schema, output, xmlNamespace) : result + metadata;
  return `<?xml version="1.0" encoding="UTF-8"?><${operation}Response xmlns="${xmlNamespace}">${body}</${operation}Response>`;
}

/** The serialised members of a structure without its own element. */
function members(schema: Schema, output: object, xmlNamespace: string): string {
  const ns = NormalizedSchema.of(schema);
  if (!ns.isStructSchema()) return "";
  const serializer = new XmlShapeSerializer({
    xmlNamespace,
    serviceNamespace: "",
    timestampFormat: { useTrait: true, default: 5 },
    httpBindings: false,
  });
  serializer.write(ns, output);
  const xml = String(serializer.flush());
  const open = xml.indexOf(">");
  return xml.charAt(open - 1) === "/" ? "" : xml.slice(open + 1, xml.lastIndexOf("</"));
}

export function encodeQueryError(code: string, message: string, status: number, context: XmlContext): string {
  const error = `<Code>${escapeXml(code)}</Code><Message>${escapeXml(message)}</Message>`;
  if (context.ec2) {
    return `<Response><Errors><Error>${error}</Error></Errors><RequestID>${context.requestId}</RequestID></Response>`;
  }
  const type = status < 500 ? "Sender" : "Receiver";
  return `<ErrorResponse xmlns="${context.xmlNamespace}"><Error><Type>${type}</Type>${error}</Error><RequestId>${context.requestId}</RequestId></ErrorResponse>`;
}

export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
