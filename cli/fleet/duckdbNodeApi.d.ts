/** What is used of an optional package, for where it is not installed: its own types are not there then. */
declare module '@duckdb/node-api' {
  export const DuckDBInstance: {
    create(
      path: string,
      config: Readonly<Record<string, string>>,
    ): Promise<{ connect(): Promise<DuckDBConnection> }>;
  };
  export interface DuckDBConnection {
    run(sql: string): Promise<unknown>;
    runAndReadAll(sql: string): Promise<{ columnNames(): string[]; getRows(): unknown[][] }>;
    closeSync(): void;
  }
}
