"""All routes of a DSS, in the order in which a path is looked for."""

from mamarr.web.dss_routes import DSS_ROUTES
from mamarr.web.rid_routes import RID_ROUTES

TABLE = (*DSS_ROUTES, *RID_ROUTES)
