/**
 * The edges that the monorepo allows, by name; every other import between packages fails `npm run lint`.
 *
 *   playground -> app -> data, orderings, losses, evaluation, engine        tests, tools -> testing -> engine
 *
 * The libraries do not import each other, and none but engine and the playground imports a TensorFlow.js backend: a user of one
 * library brings the backend.
 */
const inPackage = (/** @type {string} */ name) => `^packages/${name}/src`;
/** @type {Record<string, string[]>} */
const allowed = {
  orderings: [],
  losses: [],
  data: [],
  evaluation: [],
  engine: [],
  app: ['orderings', 'losses', 'data', 'evaluation', 'engine'],
  playground: ['app', 'orderings', 'losses', 'data', 'evaluation', 'engine'],
};
const names = Object.keys(allowed);

const crossings = names.map((from) => ({
  name: `${from}-imports-only-${allowed[from].join('-') || 'nothing-of-ours'}`,
  severity: 'error',
  from: { path: inPackage(from), pathNot: '\\.test\\.ts$' },
  to: { path: `^packages/(${names.filter((name) => name !== from && !allowed[from].includes(name)).join('|')})/` },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...crossings,
    {
      name: 'only-engine-imports-a-backend',
      comment: 'A library that brings a backend decides for its user which engine runs.',
      severity: 'error',
      from: { path: '^packages/(orderings|losses|data|evaluation|app)/src', pathNot: '\\.test\\.ts$' },
      to: { path: 'node_modules/@tensorflow/tfjs(/|-node|-backend)' },
    },
    {
      name: 'ranks-and-confusion-import-no-tensorflow',
      comment: 'Pure entries work where no TensorFlow.js is installed.',
      severity: 'error',
      from: { path: '^packages/(orderings/src/ranks|evaluation/src/confusion)\\.ts$' },
      to: { path: 'node_modules/@tensorflow/', reachable: true },
    },
    {
      name: 'sources-do-not-import-tools',
      severity: 'error',
      from: { path: '^packages/[^/]+/src', pathNot: '\\.(test|fixture)\\.ts$' },
      to: { path: '^tools/' },
    },
    {
      name: 'only-tests-import-fixtures',
      severity: 'error',
      from: { path: '^packages/[^/]+/src', pathNot: '\\.(test|fixture)\\.ts$' },
      to: { path: '\\.(test|fixture)\\.ts$' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'nothing-unresolved',
      severity: 'error',
      from: { pathNot: '\\.config\\.ts$' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.base.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/dist/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@autoregseg/source', 'import', 'require', 'node', 'default', 'types'],
    },
  },
};
