from django.urls import path

from recoupe.web.plan.views import plan_board

urlpatterns = [path("plan/", plan_board, name="plan-board")]
