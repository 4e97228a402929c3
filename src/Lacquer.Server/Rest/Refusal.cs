namespace Lacquer.Server.Rest;

/// <summary>A request that gets an error for an answer.</summary>
internal sealed class Refusal(int status, string error, string? hint = null) : Exception(error)
{
    public int Status => status;

    public string? Hint => hint;

    public static Refusal BadParameter(string error, string? hint = null) => new(StatusCodes.Status400BadRequest, error, hint);

    public static Refusal NotFound(string error, string? hint = null) => new(StatusCodes.Status404NotFound, error, hint);
}
