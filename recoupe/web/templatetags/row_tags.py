"""Tags of the lists: their rows, each room's own function (a template a row would cost most of a list's time)."""

from django import template

from recoupe.web.coordination import rows as objectives
from recoupe.web.crosscheck import rows as hits
from recoupe.web.desk import rows as reviews
from recoupe.web.intelligence import table as reports
from recoupe.web.notices import rows as notices

register = template.Library()

register.simple_tag(reports.rows, name="report_rows")
register.simple_tag(reports.brief_rows)
register.simple_tag(reports.own_rows)
register.simple_tag(reports.met_rows)
register.simple_tag(hits.glance_rows)
register.simple_tag(objectives.rows, name="objective_rows")
register.simple_tag(notices.rows, name="notice_rows")
register.simple_tag(reviews.review_rows, takes_context=True)
