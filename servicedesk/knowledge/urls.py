from django.urls import path

from .views import authors, editor, help, insights, tickets

app_name = "knowledge"
urlpatterns = [
    path("help/", help.home, name="help"),
    path("help/search/", help.search, name="search"),
    path("help/suggest/", help.suggest, name="suggest"),
    path("help/thanks/", help.thanks, name="thanks"),
    path("help/shelf/<id:pk>/", help.shelf, name="shelf"),
    path("help/images/<id:pk>/", help.image, name="image"),
    path("help/<str:number>/", help.article, name="article"),
    path("help/<str:number>/feedback/", help.feedback, name="feedback"),
    path("help/<str:number>/solved/", help.solved, name="solved"),
    path("desk/knowledge/", authors.library, name="library"),
    path("desk/knowledge/in-vain/", insights.in_vain, name="in_vain"),
    path("desk/knowledge/comments/", insights.comments, name="comments"),
    path("desk/knowledge/measures/", insights.measures, name="measures"),
    path("desk/knowledge/new/", editor.new, name="new"),
    path("desk/knowledge/preview/", editor.preview, name="preview"),
    path("desk/knowledge/<str:number>/", authors.article, name="author"),
    path("desk/knowledge/<str:number>/edit/", editor.edit, name="edit"),
    path("desk/knowledge/<str:number>/images/", editor.images, name="images"),
    path("desk/knowledge/<str:number>/history/", authors.history, name="history"),
    path("desk/knowledge/<str:number>/act/<slug:name>/", authors.act, name="act"),
    path("desk/<str:number>/articles/", tickets.articles, name="ticket_articles"),
    path("desk/<str:number>/articles/use/", tickets.use, name="ticket_use"),
]
