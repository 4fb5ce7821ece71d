/** The label of all that a lab has in a Docker engine; its value is the id of the lab. */
export const LAB_LABEL = 'driftlab.lab';
