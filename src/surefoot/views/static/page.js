// @ts-check
// The lab's page: the viewer, on the runs of the server that served it.

import { liveSource } from "./live.js";
import { mount } from "./viewer.js";

mount(/** @type {HTMLElement} */ (document.getElementById("lab")), liveSource());
