export { useTestEngine } from './engine.js';
