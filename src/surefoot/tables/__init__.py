"""Tables of people: columns with names, numbers beside words, cells that are missing.

    reading     a file of text -> Table: names, cells, the line of every row
    columns     what a column is: number, category, or left out, and why
    targets     what is predicted, and as what: classes or numbers
    preparing   columns -> the matrix X that a network sees, learnt on the training rows alone
    scores      how good, and how sure: intervals, and whether it is better than chance
    judging     curves, confusion, ROC, calibration, residuals, importance: what a report draws
    learning    all of it: a table and a column's name -> a model and an honest record
    model       the model as one file; answers for new tables

Scikit-learn prepares and rivals; answering needs NumPy alone.
"""
