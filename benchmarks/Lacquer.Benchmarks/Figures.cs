using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Lacquer.Benchmarks;

/// <summary>What a case measured: a table for people, and as the last line one JSON object.</summary>
internal sealed class Figures(string caseName)
{
    private readonly List<(string Key, double Value, string Label)> _rows = [];

    /// <summary>Adds a figure.</summary>
    /// <param name="key">Its name in JSON, ending with its unit.</param>
    /// <param name="value">The figure.</param>
    /// <param name="label">What it is, for people.</param>
    public void Add(string key, double value, string label) => _rows.Add((key, value, label));

    /// <summary>A figure that was added.</summary>
    public double this[string key] => _rows.Find(row => row.Key == key).Value;

    /// <summary>Prints the table and the JSON line to standard output.</summary>
    public void Print()
    {
        var width = _rows.Max(row => row.Label.Length);
        foreach (var (_, value, label) in _rows)
            Console.WriteLine($"{label.PadRight(width)}  {Short(value).ToString("#,0.###", CultureInfo.InvariantCulture),12}");

        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteString("case", caseName);
            foreach (var (key, value, _) in _rows)
                writer.WriteNumber(key, Short(value));
            writer.WriteEndObject();
        }

        Console.WriteLine(Encoding.UTF8.GetString(json.ToArray()));
    }

    /// <summary>The middle one, or the mean of the two middle ones.</summary>
    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static double Short(double value) => Math.Round(value, Math.Abs(value) >= 100 ? 1 : 3);
}
