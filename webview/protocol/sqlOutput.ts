/** What a cell of a SQL notebook shows, and what its table tells the host. */

export const SQL_MIME = 'application/vnd.shimtrace.sql+json';

export interface SqlPlace {
  /** URI of the file. */
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** From 0. */
  readonly column: number;
}

export interface SqlOutput {
  readonly columns: readonly string[];
  readonly numeric: readonly boolean[];
  readonly rows: readonly (readonly (string | null)[])[];
  /** By row, where it leads; null where it names no event. */
  readonly places: readonly (SqlPlace | null)[];
  /** One line below the table. */
  readonly foot: string;
  /** What a row that leads somewhere says of itself. */
  readonly hint: string;
  /** What the switch says that shows the answer as a picture. */
  readonly chart: string;
}

/** A row was chosen. */
export interface SqlReveal {
  readonly reveal: SqlPlace;
}
