from django.urls import path

from .views import costs, desk, ordering

app_name = "requests"
urlpatterns = [
    path("portal/order/<slug:slug>/", ordering.order, name="order"),
    path("portal/basket/", ordering.basket_page, name="basket"),
    path("portal/basket/<id:pk>/drop/", ordering.drop, name="drop"),
    path("portal/ordered/<uuid:token>/", ordering.ordered, name="ordered"),
    path("portal/people/", ordering.people, name="people"),
    path("portal/costs/", costs.costs, name="costs"),
    path("portal/costs/csv/", costs.costs_csv, name="costs_csv"),
    path("desk/new/request/", desk.new, name="new"),
    path("desk/<str:number>/charge/", desk.charge, name="charge"),
    path("desk/<str:number>/end-monthly/", desk.end_monthly, name="end_monthly"),
]
