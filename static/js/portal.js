import "./common.js";
import "./suggest.js";
