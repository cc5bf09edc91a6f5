import "./common.js";
import "./suggest.js";
import "./articles.js";
