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
