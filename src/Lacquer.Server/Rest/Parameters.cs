using System.Globalization;

namespace Lacquer.Server.Rest;

/// <summary>Reads a request's parameters; what is there and cannot be read is refused, never guessed.</summary>
internal static class Parameters
{
    public const int LongestQuery = 200;
    public const int MostItems = 100;
    public const int UsualItems = 20;

    public static string Query(HttpRequest request)
    {
        var text = One(request, "q") ?? throw Refusal.BadParameter("q is missing", "/api/search?q=blue");
        return text.Length <= LongestQuery ? text : throw Refusal.BadParameter($"q has {text.Length} letters; at most {LongestQuery} are read");
    }

    public static int Limit(HttpRequest request) => (int)Whole(request, "limit", UsualItems, 1, MostItems);

    public static long After(HttpRequest request) => Whole(request, "after", 0, 0, long.MaxValue);

    public static int Popularity(HttpRequest request) => (int)Whole(request, "popularity", 0, 0, 100);

    /// <summary>1994, or 1990-1999, or either end left open.</summary>
    public static (int? From, int? To) Years(HttpRequest request)
    {
        if (One(request, "year") is not { } text)
            return (null, null);
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        var (from, to) = (Year(dash < 0 ? text : text[..dash]), Year(dash < 0 ? text : text[(dash + 1)..]));
        return from is null && to is null ? throw Bad() : (from, to);

        int? Year(string part) => part.Length == 0 ? null : part.Length == 4 && int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var year) ? year : throw Bad();

        static Refusal Bad() => Refusal.BadParameter("year must be a year of four digits, or two with a hyphen between them", "year=1990-1999, year=1990- or year=-1999");
    }

    public static bool? Held(HttpRequest request) => One(request, "held") switch
    {
        null => null,
        "true" => true,
        "false" => false,
        _ => throw Refusal.BadParameter("held must be true or false"),
    };

    public static string? One(HttpRequest request, string name)
    {
        var values = request.Query[name];
        return values.Count switch
        {
            0 => null,
            1 => values[0],
            _ => throw Refusal.BadParameter($"{name} is given {values.Count} times"),
        };
    }

    private static long Whole(HttpRequest request, string name, long value, long least, long most)
    {
        if (One(request, name) is not { } text)
            return value;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number
            : throw Refusal.BadParameter(most == long.MaxValue ? $"{name} must be a whole number from {least}" : $"{name} must be a whole number from {least} to {most}");
    }
}
