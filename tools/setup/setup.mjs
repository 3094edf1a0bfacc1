/**
 * `npm run setup`: everything between a fresh clone and a first run, with Node's built-in modules alone.
 *
 * This file only checks the version of Node, in syntax that an old Node still parses; the rest is in run.mjs.
 */
const required = 20;

if (Number(process.versions.node.split('.')[0]) < required) {
  console.error(
    'set-up: autoregseg needs Node ' + required + ' or newer, got ' + process.version + ' (' + process.execPath + ').',
  );
  console.error('  Install a current one from https://nodejs.org, or with your version manager: nvm install 22');
  process.exitCode = 1;
} else {
  import('./run.mjs').then(
    (module) => module.main(process.argv.slice(2)),
    (error) => {
      console.error(error);
      process.exitCode = 1;
    },
  );
}
