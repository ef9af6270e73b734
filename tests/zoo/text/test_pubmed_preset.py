"""The shipped reader of abstracts tells sections of an abstract that was written for this test."""

from deepbio.inference import predict
from deepbio.zoo import describe, get_model

ABSTRACT = {
    "BACKGROUND": "Kawasaki disease is the most common cause of acquired heart disease in children, but its cause remains unknown.",
    "OBJECTIVE": "To determine whether a longer course of aspirin lowers the risk of coronary artery aneurysms.",
    "METHODS": "We retrospectively reviewed the records of 212 children who were admitted between 2010 and 2018. Echocardiography was "
    "performed at two and six weeks.",
    "RESULTS": "Aneurysms were found in 14 of 106 children (13.2%) and in 12 of 106 (11.3%), respectively (odds ratio 1.19, 95% CI "
    "0.53-2.70, p = 0.68).",
    "CONCLUSIONS": "A longer course of aspirin does not appear to lower the risk of aneurysms. Larger trials are needed.",
}


def test_sections_of_an_abstract_are_told_apart():
    model = get_model("bilstm.pubmed_sections")
    labels = describe(model).task.labels
    p = predict(model, list(ABSTRACT.values()))
    told = [labels[k] for k in p.argmax(axis=1)]
    assert told == list(ABSTRACT)
