import { randomUUID } from "node:crypto";
import type pg from "pg";
import { query } from "./database.ts";

export interface Note {
  readonly id: string;
  readonly text: string;
  /** Absent from notes that older versions added. */
  readonly author: string | null;
  readonly createdAt: string;
}

export interface NewNote {
  readonly text: string;
  readonly author: string | null;
}

const columns = `id, text, author, created_at AS "createdAt"`;

export const longestText = 500;

/** The newest notes first. */
export function listNotes(pool: pg.Pool, limit = 20): Promise<Note[]> {
  return query<Note & pg.QueryResultRow>(pool, `SELECT ${columns} FROM notes ORDER BY created_at DESC LIMIT $1`, [
    limit,
  ]);
}

/** The id is chosen here, so that a repeat after a lost answer adds nothing. */
export async function addNote(pool: pg.Pool, note: NewNote): Promise<Note> {
  const id = randomUUID();
  await query(pool, "INSERT INTO notes (id, text, author) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING", [
    id,
    note.text,
    note.author,
  ]);
  const [added] = await query<Note & pg.QueryResultRow>(pool, `SELECT ${columns} FROM notes WHERE id = $1`, [id]);
  if (added === undefined) throw new Error(`the note ${id} was not found after it was added`);
  return added;
}

/** Fails unless every column this version reads and writes is there. */
export async function checkSchema(pool: pg.Pool): Promise<void> {
  await query(pool, `SELECT ${columns} FROM notes LIMIT 0`);
}

/** The note in a request body, or what is wrong with it. */
export function parseNewNote(body: unknown): NewNote | { readonly error: string } {
  const fields = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const { text, author = "" } = fields;
  if (typeof text !== "string" || text.trim() === "") return { error: "text: expected a string that is not empty" };
  if (typeof author !== "string") return { error: "author: expected a string" };
  for (const [name, value] of Object.entries({ text, author })) {
    if (value.length > longestText) return { error: `${name}: at most ${longestText} characters are kept` };
  }
  return { text, author: author.trim() === "" ? null : author };
}
