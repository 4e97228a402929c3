namespace Lacquer.Cli.Rendering;

/// <summary>Rows in columns that are as wide as what stands in them, or as the terminal allows.</summary>
internal sealed class Table(params string[] headings)
{
    private const int Gap = 2;
    private const int LeastColumns = 8;
    private readonly List<string[]> _rows = [];
    private readonly HashSet<int> _right = [];
    private readonly HashSet<int> _elastic = [];

    /// <summary>Sets columns to the right: numbers.</summary>
    public Table Right(params ReadOnlySpan<int> columns)
    {
        foreach (var column in columns)
            _right.Add(column);
        return this;
    }

    /// <summary>Lets columns be cut where the terminal is too narrow: titles and names.</summary>
    public Table Elastic(params ReadOnlySpan<int> columns)
    {
        foreach (var column in columns)
            _elastic.Add(column);
        return this;
    }

    /// <summary>Adds a row.</summary>
    public void Add(params string[] cells) => _rows.Add(cells.Select(PlainText.Clean).ToArray());

    /// <summary>Prints it; an empty one not at all.</summary>
    public void Print(Terminal terminal, string indent = "")
    {
        if (_rows.Count == 0)
            return;
        var all = headings.Length > 0 ? _rows.Prepend(headings).ToList() : _rows;
        var widths = Enumerable.Range(0, all[0].Length).Select(c => all.Max(row => PlainText.Columns(row[c]))).ToArray();
        if (terminal.Width is { } width)
        {
            var over = widths.Sum() + Gap * (widths.Length - 1) + indent.Length - width;
            // The widest gives way first.
            while (over > 0 && _elastic.MaxBy(c => widths[c]) is var widest && _elastic.Count > 0 && widths[widest] > LeastColumns)
            {
                widths[widest]--;
                over--;
            }
        }

        foreach (var row in all)
        {
            var cells = row.Select((cell, c) => Pad(PlainText.Fit(cell, widths[c]), widths[c], _right.Contains(c)));
            terminal.Print((indent + string.Join(new string(' ', Gap), cells)).TrimEnd());
        }
    }

    private static string Pad(string text, int columns, bool right)
    {
        var space = new string(' ', Math.Max(0, columns - PlainText.Columns(text)));
        return right ? space + text : text + space;
    }
}
