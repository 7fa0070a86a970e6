// The lights of the parts, fetched anew while somebody looks.

import { refresh } from "./cards.js";

const EVERY_SECONDS = 5;

setInterval(() => document.hidden || refresh({ id: "parts" }), EVERY_SECONDS * 1000);
