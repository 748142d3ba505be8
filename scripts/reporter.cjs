// Mocha's spec reporter that also leaves its totals, and what failed, in the file named by SHIMTRACE_TOTALS.
const fs = require('node:fs');
const Mocha = require('mocha');

module.exports = class TotalsReporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const file = process.env.SHIMTRACE_TOTALS;
      const failures = this.failures.map((test) => `${test.fullTitle()}\n${test.err?.stack ?? test.err}`);
      const { passes: passed, failures: failed, pending: skipped } = this.stats;
      if (file) fs.writeFileSync(file, JSON.stringify({ passed, failed, skipped, failures }));
    });
  }
};
