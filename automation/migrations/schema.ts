import type { Node, TypeName } from "libpg-query";
import type { FunctionStatement } from "./functions.ts";
import {
  addedColumn,
  addedConstraint,
  alterations,
  constraintsOf,
  droppedRelations,
  madeName,
  names,
  provenNotNull,
  tableName,
} from "./tree.ts";

export type TriggerStatement = Extract<Node, { CreateTrigStmt: unknown }>["CreateTrigStmt"];

/** What is known of the schema from the files alone, statement after statement. */
export class Schema {
  /** Tables and other relations of this file's own: nobody else sees them before it is committed. */
  #made = new Set<string>();
  /** Constraints this file added and left to be validated. */
  #unvalidated = new Set<string>();
  readonly #types = new Map<string, TypeName>();
  /** Columns that a constraint, by its name, proves to have values. */
  readonly #proofs = new Map<string, readonly string[]>();
  readonly #proven = new Set<string>();
  readonly #functions = new Map<string, FunctionStatement>();
  readonly #triggers = new Map<string, TriggerStatement>();

  beginFile(): void {
    this.#made = new Set();
    this.#unvalidated = new Set();
  }

  /** Whether the file at hand made the relation, or the column of one. */
  made(relation: string): boolean {
    return this.#made.has(relation);
  }

  addedHere(table: string, constraint: string | undefined): boolean {
    return constraint !== undefined && this.#unvalidated.has(`${table}.${constraint}`);
  }

  /** Whether a validated check says that the column has a value in every row. */
  provenNotNull(table: string, column: string | undefined): boolean {
    return this.#proven.has(`${table}.${column}`);
  }

  typeOf(table: string, column: string | undefined): TypeName | undefined {
    return this.#types.get(`${table}.${column}`);
  }

  /** What a trigger runs, where a file says it. */
  functionOf({ funcname }: TriggerStatement): FunctionStatement | undefined {
    return this.#functions.get(names(funcname).at(-1) ?? "");
  }

  /** The triggers that run a function. */
  triggersOf(name: string | undefined): TriggerStatement[] {
    return [...this.#triggers.values()].filter(({ funcname }) => names(funcname).at(-1) === name);
  }

  apply(node: Node): void {
    if ("CreateFunctionStmt" in node) this.#functions.set(madeName(node) ?? "", node.CreateFunctionStmt);
    if ("CreateTrigStmt" in node)
      this.#triggers.set(
        `${node.CreateTrigStmt.relation?.relname}.${node.CreateTrigStmt.trigname}`,
        node.CreateTrigStmt,
      );
    if ("DropStmt" in node && node.DropStmt.removeType === "OBJECT_TRIGGER")
      for (const name of droppedRelations(node)) this.#triggers.delete(name);
    if ("CreateStmt" in node) this.#create(tableName(node.CreateStmt.relation), node.CreateStmt.tableElts ?? []);
    if ("CreateTableAsStmt" in node) this.#made.add(tableName(node.CreateTableAsStmt.into?.rel));
    if ("SelectStmt" in node && node.SelectStmt.intoClause) this.#made.add(tableName(node.SelectStmt.intoClause.rel));
    if ("ViewStmt" in node && !node.ViewStmt.replace) this.#made.add(tableName(node.ViewStmt.view));
    if ("CreateSeqStmt" in node) this.#made.add(tableName(node.CreateSeqStmt.sequence));
    if ("IndexStmt" in node && node.IndexStmt.idxname !== undefined)
      this.#made.add(tableName({ ...node.IndexStmt.relation, relname: node.IndexStmt.idxname }));
    if ("CompositeTypeStmt" in node) this.#made.add(tableName(node.CompositeTypeStmt.typevar));
    if ("CreateEnumStmt" in node) this.#madeAs(node.CreateEnumStmt.typeName);
    if ("CreateDomainStmt" in node) this.#madeAs(node.CreateDomainStmt.domainname);
    if ("CreateSchemaStmt" in node) this.#made.add(`public.${node.CreateSchemaStmt.schemaname}`);
    if ("RenameStmt" in node && node.RenameStmt.renameType === "OBJECT_TABLE") this.#rename(node.RenameStmt);
    for (const relation of droppedRelations(node)) this.#made.delete(relation);
    for (const alteration of alterations(node)) this.#alter(alteration);
  }

  #create(table: string, elements: readonly Node[]): void {
    this.#made.add(table);
    for (const element of elements)
      if ("ColumnDef" in element && element.ColumnDef.typeName)
        this.#types.set(`${table}.${element.ColumnDef.colname}`, element.ColumnDef.typeName);
  }

  #madeAs(qualified: readonly Node[] | undefined): void {
    const parts = names(qualified);
    this.#made.add(`${parts.at(-2) ?? "public"}.${parts.at(-1)}`);
  }

  #rename({ relation, newname }: Extract<Node, { RenameStmt: unknown }>["RenameStmt"]): void {
    if (this.#made.delete(tableName(relation)))
      this.#made.add(tableName({ ...relation, ...(newname && { relname: newname }) }));
  }

  #alter({ table, command }: ReturnType<typeof alterations>[number]): void {
    const column = addedColumn(command);
    if (column) {
      this.#made.add(`${table}.${column.colname}`);
      if (column.typeName) this.#types.set(`${table}.${column.colname}`, column.typeName);
      for (const { contype, raw_expr } of constraintsOf(column))
        if (contype === "CONSTR_CHECK") this.#prove(table, provenNotNull(raw_expr));
    }
    const constraint = addedConstraint(command);
    if (constraint?.contype === "CONSTR_CHECK") {
      const columns = provenNotNull(constraint.raw_expr);
      if (constraint.conname !== undefined) this.#proofs.set(`${table}.${constraint.conname}`, columns);
      if (!constraint.skip_validation) this.#prove(table, columns);
    }
    if (constraint?.skip_validation && constraint.conname !== undefined)
      this.#unvalidated.add(`${table}.${constraint.conname}`);
    if (command.subtype === "AT_ValidateConstraint")
      this.#prove(table, this.#proofs.get(`${table}.${command.name}`) ?? []);
    if (
      command.subtype === "AT_AlterColumnType" &&
      command.def &&
      "ColumnDef" in command.def &&
      command.def.ColumnDef.typeName
    )
      this.#types.set(`${table}.${command.name}`, command.def.ColumnDef.typeName);
  }

  #prove(table: string, columns: readonly string[]): void {
    for (const column of columns) this.#proven.add(`${table}.${column}`);
  }
}
