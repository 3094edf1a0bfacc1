/** The playground: each part of the page on its own. */
import './style.css';
import { Explorer } from './orderings/explorer.js';
import { Studio } from './photo/studio.js';

new Explorer().start();
new Studio().start();
