// After `npm pack`: the project has its own manifest again.
import { restoreManifest } from './manifest.mjs';

restoreManifest();
